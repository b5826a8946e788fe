with resources as (
    select * from {{ ref('stg_fhir__resources') }}
    where resource_type = 'Specimen'
),

parsed as (
    select
        *,
        {{ fhir_read('Specimen') }} as element
    from resources
)

select
    {{ fhir_provenance() }},
    coalesce(bundle_patient_fhir_id, {{ fhir_reference_id('element.subject') }}) as patient_fhir_id,
    element.identifier as identifiers,
    element."accessionIdentifier" as accession,
    element.status,
    {{ fhir_codings('element."type"') }} as codings,
    {{ fhir_display('element."type"') }} as code_display,
    {{ fhir_moment('coalesce(element.collection."collectedDateTime", element.collection."collectedPeriod"."start")') }}
        as collected_at,
    {{ fhir_precision('coalesce(element.collection."collectedDateTime", element.collection."collectedPeriod"."start")') }}
        as collected_at_precision,
    {{ fhir_moment('element.collection."collectedPeriod"."end"') }} as collection_ended_at,
    {{ fhir_precision('element.collection."collectedPeriod"."end"') }} as collection_ended_at_precision,
    {{ fhir_moment('element."receivedTime"') }} as received_time_at,
    {{ fhir_precision('element."receivedTime"') }} as received_time_at_precision,
    {{ fhir_reference_id('element.collection.collector') }} as practitioner_fhir_id,
    {{ fhir_reference_npi('element.collection.collector') }} as practitioner_npi,
    {{ fhir_codings('element.collection."method"') }} as method_codings,
    {{ fhir_codings('element.collection."bodySite"') }} as body_site_codings,
    {{ fhir_codings('element.condition[1]') }} as condition_codings,
    try_cast(element.collection.quantity.value as double) as quantity,
    coalesce(element.collection.quantity.code, element.collection.quantity.unit) as quantity_unit
from parsed
