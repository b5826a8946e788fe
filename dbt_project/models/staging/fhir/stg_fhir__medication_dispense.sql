with resources as (
    select * from {{ ref('stg_fhir__resources') }}
    where resource_type = 'MedicationDispense'
),

parsed as (
    select
        *,
        {{ fhir_read('MedicationDispense') }} as element
    from resources
)

select
    {{ fhir_provenance() }},
    coalesce(bundle_patient_fhir_id, {{ fhir_reference_id('element.subject') }}) as patient_fhir_id,
    element.identifier as identifiers,
    element.status,
    {{ fhir_codings('element."medicationCodeableConcept"') }} as codings,
    {{ fhir_display('element."medicationCodeableConcept"') }} as code_display,
    {{ fhir_reference_id('element."medicationReference"') }} as medication_fhir_id,
    {{ fhir_reference_id('element."authorizingPrescription"[1]') }} as medication_request_fhir_id,
    try_cast(element.quantity.value as double) as quantity,
    coalesce(element.quantity.unit, element.quantity.code) as quantity_unit,
    try_cast(element."daysSupply".value as integer) as days_supply,
    {{ fhir_moment('coalesce(element."whenHandedOver", element."whenPrepared")') }} as when_handed_over_at,
    {{ fhir_precision('coalesce(element."whenHandedOver", element."whenPrepared")') }}
        as when_handed_over_at_precision,
    {{ fhir_day('coalesce(element."whenHandedOver", element."whenPrepared")') }} as dispensed_date,
    {{ fhir_reference_npi('element.performer[1].actor') }} as pharmacy_npi,
    element."dosageInstruction"[1].text as dosage_text
from parsed
