with resources as (
    select * from {{ ref('stg_fhir__resources') }}
    where resource_type = 'DocumentReference'
),

parsed as (
    select
        *,
        {{ fhir_read('DocumentReference') }} as element
    from resources
)

select
    {{ fhir_provenance() }},
    coalesce(bundle_patient_fhir_id, {{ fhir_reference_id('element.subject') }}) as patient_fhir_id,
    {{ fhir_reference_id('element.context.encounter[1]') }} as encounter_fhir_id,
    element.identifier as identifiers,
    element."masterIdentifier" as master_identifier,
    element.status,
    element."docStatus" as doc_status,
    {{ fhir_codings('element."type"') }} as codings,
    {{ fhir_display('element."type"') }} as code_display,
    {{ fhir_moment('element."date"') }} as documented_at,
    {{ fhir_moment('element.context.period."start"') }} as period_start_at,
    {{ fhir_precision('element.context.period."start"') }} as period_start_at_precision,
    {{ fhir_reference_id('element.author[1]') }} as practitioner_fhir_id,
    {{ fhir_reference_npi('element.author[1]') }} as practitioner_npi,
    element.author[1].reference like '%Practitioner%' as is_by_practitioner,
    element."relatesTo"[1].code as relation,
    {{ fhir_reference_id('element."relatesTo"[1].target') }} as parent_fhir_id,
    element.description as title,
    list_transform(
        element.content,
        lambda one: {
            'content_type': one.attachment."contentType", 'data': one.attachment."data", 'url': one.attachment.url,
            'title': one.attachment.title
        }
    ) as contents
from parsed
