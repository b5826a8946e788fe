with
{{ fhir_keys_ctes('stg_fhir__document_reference', ['patient', 'practitioner', 'encounter']) }}
final as (
    select
        {{ fhir_int_provenance() }},
        {{ fhir_int_person() }},
        {{ fhir_int_codings() }},
        coalesce(resources.feed || '|' || resources.fhir_id, resources.source_record_id) as source_key,
        resources.master_identifier."value" as document_number,
        coalesce(resources.master_identifier."system", 'FHIR:' || resources.feed) as document_namespace,
        resources.relation,
        {{ fhir_int_visit() }},
        {{ fhir_status('DocumentReference', 'resources.status') }} as status,
        {{ fhir_known('resources.doc_status', ['preliminary', 'final', 'amended', 'entered-in-error']) }} as doc_status,
        resources.documented_at,
        resources.period_start_at,
        resources.period_start_at_precision,
        case when resources.is_by_practitioner then coalesce(
            'npi|' || resources.practitioner_npi,
            practitioners.practitioner_key,
            {{ practitioner_key('null', 'resources.source_system', "'FHIR'", 'resources.practitioner_fhir_id') }}
        ) end as author_key,
        resources.title,
        resources.contents,
        {{ fhir_received('DocumentReference') }} as received
    {{ fhir_key_joins({
        'patient': 'patient_fhir_id', 'practitioner': 'practitioner_fhir_id', 'encounter': 'encounter_fhir_id'}) }}
)

{{ int_select('document_reference', 'final', received=true, absent=[
    'parent_number', 'parent_namespace', 'placer_order_number', 'placer_namespace', 'filler_order_number',
    'filler_namespace', 'report_source_key', 'category', 'authenticator_key', 'file_name', 'security_code',
]) }}
