with resources as (
    select * from {{ ref('stg_fhir__resources') }}
    where resource_type = 'Encounter'
),

parsed as (
    select
        *,
        {{ fhir_read('Encounter') }} as element
    from resources
)

select
    {{ fhir_provenance() }},
    coalesce(bundle_patient_fhir_id, {{ fhir_reference_id('element.subject') }}) as patient_fhir_id,
    element.identifier as identifiers,
    element.status,
    element."class".code as class_code,
    element.type[1].coding[1].code as type_code,
    {{ fhir_display('element.type[1]') }} as type_display,
    element.period."start" as start_text,
    {{ fhir_moment('element.period."start"') }} as start_at,
    {{ fhir_precision('element.period."start"') }} as start_at_precision,
    {{ fhir_day('element.period."start"') }} as start_date,
    {{ fhir_moment('element.period."end"') }} as end_at,
    {{ fhir_precision('element.period."end"') }} as end_at_precision,
    {{ fhir_reference_id('element.participant[1].individual') }} as practitioner_fhir_id,
    {{ fhir_reference_npi('element.participant[1].individual') }} as practitioner_npi,
    element.participant[1].individual.display as practitioner_display,
    {{ fhir_reference_id('element."serviceProvider"') }} as organization_fhir_id,
    {{ fhir_reference_npi('element."serviceProvider"') }} as organization_npi,
    element."serviceProvider".identifier.value as organization_identifier,
    element."serviceProvider".display as organization_name,
    {{ fhir_reference_id('element.location[1].location') }} as location_fhir_id,
    element.location[1].location.display as location_name,
    element."reasonCode"[1].coding[1].code as reason_code,
    element."reasonCode"[1].coding[1].system as reason_code_system,
    {{ fhir_display('element."reasonCode"[1]') }} as reason_text,
    element.hospitalization."dischargeDisposition".coding[1].code as discharge_disposition,
    element.hospitalization."admitSource".coding[1].code as admit_source
from parsed
