{{ config(materialized='view') }}

-- Only silver reads it, and once: a view saves writing it down.

with resources as (
    select * from {{ ref('stg_fhir__resources') }}
    where resource_type = 'Observation'
),

parsed as (
    select
        *,
        {{ fhir_read('Observation') }} as element
    from resources
)

select
    {{ fhir_provenance() }},
    coalesce(bundle_patient_fhir_id, {{ fhir_reference_id('element.subject') }}) as patient_fhir_id,
    {{ fhir_reference_id('element.encounter') }} as encounter_fhir_id,
    element.identifier as identifiers,
    element."basedOn"[1].identifier.value as placer_order_number,
    element.status,
    element.category[1].coding[1].code as category,
    {{ fhir_codings('element.code') }} as codings,
    {{ fhir_display('element.code') }} as code_display,
    coalesce(element."effectiveDateTime", element."effectiveInstant", element."effectivePeriod"."start")
        as effective_text,
    {{ fhir_moment('element.issued') }} as issued_at,
    struct_pack(
        quantity := element."valueQuantity",
        concept := element."valueCodeableConcept",
        text := element."valueString",
        truth := element."valueBoolean",
        whole_number := element."valueInteger",
        moment := element."valueDateTime",
        clock := element."valueTime",
        bounds := element."valueRange",
        ratio := element."valueRatio",
        period := element."valuePeriod",
        absent_reason := element."dataAbsentReason",
        interpretation := element.interpretation,
        reference_range := element."referenceRange"
    ) as value,
    element.component as components,
    {{ fhir_reference_id('element.performer[1]') }} as performer_fhir_id,
    {{ fhir_reference_npi('element.performer[1]') }} as performer_npi,
    coalesce(element.device.display, {{ fhir_reference_id('element.device') }}) as device,
    nullif(array_to_string(list_transform(element.note, lambda one: one.text), chr(10)), '') as note
from parsed
