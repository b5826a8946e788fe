with resources as (
    select * from {{ ref('stg_fhir__resources') }}
    where resource_type = 'Task'
),

parsed as (
    select
        *,
        {{ fhir_read('Task') }} as element
    from resources
)

select
    {{ fhir_provenance() }},
    coalesce(bundle_patient_fhir_id, {{ fhir_reference_id('element."for"') }}) as patient_fhir_id,
    {{ fhir_reference_id('element.encounter') }} as encounter_fhir_id,
    {{ fhir_reference_id('element.focus') }} as focus_fhir_id,
    element.identifier as identifiers,
    element.status,
    element.intent,
    element.priority,
    {{ fhir_codings('element.code') }} as codings,
    {{ fhir_display('element.code') }} as code_display,
    {{ fhir_moment('element."authoredOn"') }} as authored_at,
    {{ fhir_precision('element."authoredOn"') }} as authored_at_precision,
    {{ fhir_reference_id('element.requester') }} as practitioner_fhir_id,
    {{ fhir_reference_npi('element.requester') }} as practitioner_npi
from parsed
