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
    element.status,
    {{ fhir_silver_codings(fhir_codings('element.form'), fhir_display('element.form')) }} as form_codings,
    element.batch."lotNumber" as lot_number,
    {{ fhir_day('element.batch."expirationDate"') }} as expiration_date,
    {{ fhir_codings('element.code') }} as codings,
    {{ fhir_display('element.code') }} as code_display
from parsed
