with resources as (
    select * from {{ ref('stg_fhir__resources') }}
    where resource_type = 'MedicationAdministration'
),

parsed as (
    select
        *,
        {{ fhir_read('MedicationAdministration') }} as element
    from resources
)

select
    {{ fhir_provenance() }},
    coalesce(bundle_patient_fhir_id, {{ fhir_reference_id('element.subject') }}) as patient_fhir_id,
    {{ fhir_reference_id('element.context') }} as encounter_fhir_id,
    element.identifier as identifiers,
    element.status,
    {{ fhir_codings('element."medicationCodeableConcept"') }} as codings,
    {{ fhir_display('element."medicationCodeableConcept"') }} as code_display,
    {{ fhir_reference_id('element."medicationReference"') }} as medication_fhir_id,
    {{ fhir_moment('coalesce(element."effectiveDateTime", element."effectivePeriod"."start")') }} as started_at,
    {{ fhir_precision('coalesce(element."effectiveDateTime", element."effectivePeriod"."start")') }} as started_at_precision,
    {{ fhir_moment('element."effectivePeriod"."end"') }} as ended_at,
    {{ fhir_precision('element."effectivePeriod"."end"') }} as ended_at_precision,
    {{ fhir_reference_id('element.performer[1].actor') }} as practitioner_fhir_id,
    {{ fhir_reference_npi('element.performer[1].actor') }} as practitioner_npi,
    {{ fhir_silver_codings(fhir_codings('element.dosage.route'), fhir_display('element.dosage.route')) }} as route_codings,
    {{ fhir_silver_codings(fhir_codings('element.dosage.site'), fhir_display('element.dosage.site')) }} as site_codings,
    try_cast(element.dosage.dose.value as double) as dose_quantity,
    coalesce(element.dosage.dose.code, element.dosage.dose.unit) as dose_unit,
    element.dosage.text as dosage_text
from parsed
