-- By which number identity knows the patient that a reference points to.
with patients as (
    select * from {{ ref('stg_fhir__patient') }}
)

select distinct on (source_system, feed, fhir_id)
    source_system,
    feed,
    fhir_id,
    id_authority,
    id_value
from patients
where fhir_id is not null
order by source_system asc, feed asc, fhir_id asc, {{ newest_first(place=0) }}
