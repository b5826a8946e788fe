{{ config(materialized='view') }}
with
{{ fhir_keys_ctes('stg_fhir__specimen', ['patient', 'practitioner']) }}
final as (
    select
        {{ fhir_int_provenance() }},
        {{ fhir_int_person() }},
        {{ fhir_int_codings() }},
        {{ fhir_int_source_key() }},
        resources.accession."value" as accession_number,
        resources.accession."system" as accession_namespace,
        {{ fhir_known('resources.status', ['available', 'unavailable', 'unsatisfactory', 'entered-in-error']) }} as status,
        resources.collected_at,
        resources.collected_at_precision,
        resources.collection_ended_at,
        resources.collection_ended_at_precision,
        resources.received_time_at,
        resources.received_time_at_precision,
        coalesce(
            'npi|' || resources.practitioner_npi,
            practitioners.practitioner_key,
            {{ practitioner_key('null', 'resources.source_system', "'FHIR'", 'resources.practitioner_fhir_id') }}
        ) as collector_key,
        resources.method_codings,
        resources.body_site_codings,
        resources.condition_codings,
        resources.quantity,
        resources.quantity_unit,
        {{ fhir_received('Specimen') }} as received
    {{ fhir_key_joins({'patient': 'patient_fhir_id', 'practitioner': 'practitioner_fhir_id'}) }}
)

{{ int_select('specimen', 'final', received=true, absent=[
    'placer_specimen_id', 'placer_namespace', 'filler_specimen_id', 'filler_namespace', 'report_source_key',
    'additive_codings', 'note',
]) }}
