with resources as (
    select * from {{ ref('stg_fhir__resources') }}
    where resource_type = 'AdverseEvent'
),

parsed as (
    select
        *,
        {{ fhir_read('AdverseEvent') }} as element
    from resources
)

select
    {{ fhir_provenance() }},
    coalesce(bundle_patient_fhir_id, {{ fhir_reference_id('element.subject') }}) as patient_fhir_id,
    {{ fhir_reference_id('element.encounter') }} as encounter_fhir_id,
    case when element.identifier.value is not null then [element.identifier] end as identifiers,
    element.actuality,
    element.category[1].coding[1].code as category,
    {{ fhir_codings('element.event') }} as codings,
    {{ fhir_display('element.event') }} as code_display,
    {{ fhir_moment('element."date"') }} as event_at,
    {{ fhir_precision('element."date"') }} as event_at_precision,
    {{ fhir_day('element."recordedDate"') }} as recorded_date,
    element.seriousness.coding[1].code as seriousness,
    element.outcome.coding[1].code as outcome,
    {{ fhir_reference_id('element.recorder') }} as practitioner_fhir_id,
    {{ fhir_reference_npi('element.recorder') }} as practitioner_npi
from parsed
