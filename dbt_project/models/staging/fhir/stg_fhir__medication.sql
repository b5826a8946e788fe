with resources as (
    select * from {{ ref('stg_fhir__resources') }}
    where resource_type = 'Medication'
),

parsed as (
    select
        *,
        {{ fhir_read('Medication') }} as element
    from resources
)

select
    {{ fhir_provenance() }},
    {{ fhir_codings('element.code') }} as codings,
    {{ fhir_display('element.code') }} as code_display,
    resource
from parsed
