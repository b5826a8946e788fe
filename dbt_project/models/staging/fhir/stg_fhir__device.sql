with resources as (
    select * from {{ ref('stg_fhir__resources') }}
    where resource_type = 'Device'
),

parsed as (
    select
        *,
        {{ fhir_read('Device') }} as element
    from resources
)

select
    {{ fhir_provenance() }},
    coalesce(bundle_patient_fhir_id, {{ fhir_reference_id('element.patient') }}) as patient_fhir_id,
    element.identifier as identifiers,
    element.status,
    {{ fhir_codings('element."type"') }} as codings,
    {{ fhir_display('element."type"') }} as code_display,
    element."deviceName"[1].name as name,
    element.manufacturer,
    element."modelNumber" as model_number,
    element."serialNumber" as serial_number,
    element."lotNumber" as lot_number
from parsed
