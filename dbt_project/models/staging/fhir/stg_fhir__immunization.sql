with resources as (
    select * from {{ ref('stg_fhir__resources') }}
    where resource_type = 'Immunization'
),

parsed as (
    select
        *,
        {{ fhir_read('Immunization') }} as element
    from resources
)

select
    {{ fhir_provenance() }},
    coalesce(bundle_patient_fhir_id, {{ fhir_reference_id('element.patient') }}) as patient_fhir_id,
    {{ fhir_reference_id('element.encounter') }} as encounter_fhir_id,
    element.identifier as identifiers,
    element.status,
    {{ fhir_display('element."statusReason"') }} as status_reason,
    {{ fhir_codings('element."vaccineCode"') }} as codings,
    {{ fhir_display('element."vaccineCode"') }} as code_display,
    {{ fhir_moment('element."occurrenceDateTime"') }} as occurrence_at,
    {{ fhir_precision('element."occurrenceDateTime"') }} as occurrence_at_precision,
    {{ fhir_day('element."occurrenceDateTime"') }} as occurrence_date,
    element."primarySource" = 'true' as primary_source,
    element."lotNumber" as lot_number,
    {{ fhir_day('element."expirationDate"') }} as expiration_date,
    element.manufacturer.display as manufacturer,
    {{ fhir_display('element.site') }} as site,
    {{ fhir_display('element.route') }} as route,
    try_cast(element."doseQuantity".value as double) as dose_quantity,
    coalesce(element."doseQuantity".code, element."doseQuantity".unit) as dose_unit,
    {{ fhir_reference_npi('element.performer[1].actor') }} as practitioner_npi
from parsed
