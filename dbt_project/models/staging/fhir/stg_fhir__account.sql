with resources as (
    select * from {{ ref('stg_fhir__resources') }}
    where resource_type = 'Account'
),

parsed as (
    select
        *,
        {{ fhir_read('Account') }} as element
    from resources
)

select
    {{ fhir_provenance() }},
    coalesce(bundle_patient_fhir_id, {{ fhir_reference_id('element.subject[1]') }}) as patient_fhir_id,
    element.identifier as identifiers,
    element.status,
    {{ fhir_silver_codings(fhir_codings('element."type"'), fhir_display('element."type"')) }} as type_codings,
    element.name,
    {{ fhir_moment('element."servicePeriod"."start"') }} as service_start_at,
    {{ fhir_precision('element."servicePeriod"."start"') }} as service_start_at_precision,
    {{ fhir_moment('element."servicePeriod"."end"') }} as service_end_at,
    {{ fhir_precision('element."servicePeriod"."end"') }} as service_end_at_precision
from parsed
