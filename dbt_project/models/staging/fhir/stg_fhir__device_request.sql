with resources as (
    select * from {{ ref('stg_fhir__resources') }}
    where resource_type = 'DeviceRequest'
),

parsed as (
    select
        *,
        {{ fhir_read('DeviceRequest') }} as element
    from resources
)

select
    {{ fhir_provenance() }},
    coalesce(bundle_patient_fhir_id, {{ fhir_reference_id('element.subject') }}) as patient_fhir_id,
    {{ fhir_reference_id('element.encounter') }} as encounter_fhir_id,
    element.identifier as identifiers,
    element.status,
    element.intent,
    element.priority,
    -- R4 has no doNotPerform here; R5's comes as an extension that modifies.
    coalesce(
        list_filter(element."modifierExtension", lambda one: one.url like '%DeviceRequest.doNotPerform')[1]."valueBoolean" = 'true',
        false
    ) as is_prohibited,
    {{ fhir_codings('element."codeCodeableConcept"') }} as codings,
    {{ fhir_display('element."codeCodeableConcept"') }} as code_display,
    {{ fhir_moment('element."authoredOn"') }} as authored_at,
    {{ fhir_precision('element."authoredOn"') }} as authored_at_precision,
    {{ fhir_reference_id('element.requester') }} as practitioner_fhir_id,
    {{ fhir_reference_npi('element.requester') }} as practitioner_npi
from parsed
