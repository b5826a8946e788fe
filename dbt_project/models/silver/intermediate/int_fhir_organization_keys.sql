-- The organization that a reference to an Organization means.
with organizations as (
    select * from {{ ref('stg_fhir__organization') }}
)

select distinct on (source_system, feed, fhir_id)
    source_system,
    feed,
    fhir_id,
    {{ organization_key('npi', 'source_system', 'fhir_id', 'name') }} as organization_key,
    name
from organizations
where fhir_id is not null
order by source_system asc, feed asc, fhir_id asc, {{ newest_first(place=0) }}
