{{ config(materialized='view') }}
with
{{ fhir_keys_ctes('stg_fhir__service_request', ['patient', 'practitioner', 'encounter']) }}
final as (
    select
        {{ fhir_int_provenance() }},
        {{ fhir_int_person() }},
        {{ fhir_int_codings() }},
        {{ fhir_int_source_key() }},
        {{ fhir_identifier_of_type('resources.identifiers', "['PLAC']") }}.value as placer_order_number,
        {{ fhir_identifier_of_type('resources.identifiers', "['PLAC']") }}.system as placer_namespace,
        {{ fhir_identifier_of_type('resources.identifiers', "['FILL']") }}.value as filler_order_number,
        {{ fhir_identifier_of_type('resources.identifiers', "['FILL']") }}.system as filler_namespace,
        false as is_mention,
        {{ fhir_int_visit() }},
        {{ fhir_status('ServiceRequest', 'resources.status') }} as status,
        {{ fhir_known('resources.intent', ['proposal', 'plan', 'directive', 'order', 'original-order', 'reflex-order', 'filler-order', 'instance-order', 'option']) }} as intent,
        resources.category,
        {{ fhir_known('resources.priority', ['routine', 'urgent', 'asap', 'stat']) }} as priority,
        resources.is_prohibited,
        resources.authored_at,
        resources.authored_at_precision,
        {{ fhir_int_practitioner() }},
        resources.source_record_id as received
    {{ fhir_key_joins({
        'patient': 'patient_fhir_id', 'practitioner': 'practitioner_fhir_id', 'encounter': 'encounter_fhir_id'}) }}
)

{{ int_select('service_request', 'final', received=true, absent=[
    'requisition_number', 'requisition_namespace', 'report_source_key', 'occurrence_at', 'occurrence_at_precision',
    'reason_codings', 'note',
]) }}
