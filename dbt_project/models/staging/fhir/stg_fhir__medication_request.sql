with resources as (
    select * from {{ ref('stg_fhir__resources') }}
    where resource_type = 'MedicationRequest'
),

parsed as (
    select
        *,
        {{ fhir_read('MedicationRequest') }} as element
    from resources
)

select
    {{ fhir_provenance() }},
    coalesce(bundle_patient_fhir_id, {{ fhir_reference_id('element.subject') }}) as patient_fhir_id,
    {{ fhir_reference_id('element.encounter') }} as encounter_fhir_id,
    element.identifier as identifiers,
    element.status,
    element.intent,
    {{ fhir_codings('element."medicationCodeableConcept"') }} as codings,
    {{ fhir_display('element."medicationCodeableConcept"') }} as code_display,
    {{ fhir_reference_id('element."medicationReference"') }} as medication_fhir_id,
    {{ fhir_moment('element."authoredOn"') }} as authored_at,
    {{ fhir_precision('element."authoredOn"') }} as authored_at_precision,
    {{ fhir_reference_id('element.requester') }} as practitioner_fhir_id,
    {{ fhir_reference_npi('element.requester') }} as practitioner_npi,
    element.requester.display as practitioner_display,
    nullif(array_to_string(list_transform(
        element."dosageInstruction", lambda one: coalesce(one.text, one."patientInstruction")
    ), '; '), '') as dosage_text,
    try_cast(element."dispenseRequest".quantity.value as double) as quantity,
    coalesce(element."dispenseRequest".quantity.unit, element."dispenseRequest".quantity.code) as quantity_unit,
    try_cast(element."dispenseRequest"."expectedSupplyDuration".value as integer) as days_supply,
    try_cast(element."dispenseRequest"."numberOfRepeatsAllowed" as integer) as refills,
    element.note[1].text as note
from parsed
