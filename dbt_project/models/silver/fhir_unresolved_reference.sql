-- What FHIR resources refer to and nobody sent: in the resource the reference stands as the source wrote it.
with unresolved as (
    select * from {{ ref('int_fhir_references') }}
    where target is null
)

select
    {{ uuid_v5('Reference', 'source_record_id', 'reference') }} as fhir_unresolved_reference_id,
    source_system,
    feed,
    source_record_id,
    reference,
    nullif(regexp_extract(reference, '([A-Z][A-Za-z]+)[/?]', 1), '') as resource_type
from unresolved
