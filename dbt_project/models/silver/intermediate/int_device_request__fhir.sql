with
{{ fhir_keys_ctes('stg_fhir__device_request', ['patient', 'practitioner', 'encounter']) }}
final as (
    select
        {{ fhir_int_provenance() }},
        {{ fhir_int_person() }},
        {{ fhir_int_codings() }},
        {{ fhir_int_source_key() }},
        {{ fhir_int_visit() }},
        {{ fhir_status('DeviceRequest', 'resources.status') }} as status,
        {{ fhir_known('resources.intent', ['proposal', 'plan', 'directive', 'order', 'original-order', 'reflex-order', 'filler-order', 'instance-order', 'option']) }} as intent,
        {{ fhir_known('resources.priority', ['routine', 'urgent', 'asap', 'stat']) }} as priority,
        resources.is_prohibited,
        resources.authored_at,
        resources.authored_at_precision,
        {{ fhir_int_practitioner() }},
        resources.source_record_id as received
    {{ fhir_key_joins({
        'patient': 'patient_fhir_id', 'practitioner': 'practitioner_fhir_id', 'encounter': 'encounter_fhir_id'}) }}
)

{{ int_select('device_request', 'final', received=true) }}
