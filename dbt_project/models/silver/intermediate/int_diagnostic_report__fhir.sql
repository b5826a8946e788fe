{{ config(materialized='view') }}
with
{{ fhir_keys_ctes('stg_fhir__diagnostic_report', ['patient', 'encounter', 'practitioner']) }}
final as (
    select
        {{ fhir_int_provenance() }},
        {{ fhir_int_person() }},
        {{ fhir_int_codings() }},
        {{ fhir_int_source_key() }},
        list_filter(resources.identifiers, lambda one: one.value is not null)[1].value as filler_order_number,
        {{ fhir_filler_namespace('list_filter(resources.identifiers, lambda one: one.value is not null)[1].system') }}
            as filler_namespace,
        resources.placer_order_number,
        {{ fhir_int_visit() }},
        resources.category,
        {{ fhir_status('DiagnosticReport', 'resources.status') }} as status,
        resources.effective_at,
        resources.effective_at_precision,
        resources.issued_at,
        {{ fhir_int_practitioner('performer_npi', 'performer_fhir_id') }},
        resources.conclusion as note,
        resources.source_record_id as received
    {{ fhir_key_joins({
        'patient': 'patient_fhir_id', 'encounter': 'encounter_fhir_id', 'practitioner': 'performer_fhir_id'}) }}
)

{{ int_select('diagnostic_report', 'final', absent=['organization_key', 'placer_namespace'], received=true) }}
