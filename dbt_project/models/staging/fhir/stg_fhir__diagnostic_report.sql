with resources as (
    select * from {{ ref('stg_fhir__resources') }}
    where resource_type = 'DiagnosticReport'
),

parsed as (
    select
        *,
        {{ fhir_read('DiagnosticReport') }} as element
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
    {{ fhir_moment('coalesce(element."effectiveDateTime", element."effectivePeriod"."start")') }} as effective_at,
    {{ fhir_precision('coalesce(element."effectiveDateTime", element."effectivePeriod"."start")') }}
        as effective_at_precision,
    {{ fhir_moment('element.issued') }} as issued_at,
    {{ fhir_reference_id('element.performer[1]') }} as performer_fhir_id,
    {{ fhir_reference_npi('element.performer[1]') }} as performer_npi,
    list_transform(element.result, lambda one: {{ fhir_reference_id('one') }}) as observation_fhir_ids,
    element.conclusion
from parsed
