with
{{ fhir_keys_ctes('stg_fhir__appointment', ['patient']) }}
final as (
    select
        {{ fhir_int_provenance() }},
        {{ fhir_int_person() }},
        {{ fhir_int_source_key() }},
        coalesce(
            list_filter(resources.identifiers, lambda one: one.value is not null)[1].value,
            resources.feed || '|' || resources.fhir_id
        ) as appointment_number,
        {{ fhir_status('Appointment', 'resources.status') }} as status,
        resources.start_at,
        resources.end_at,
        resources.minutes,
        resources.type_code,
        resources.type_display,
        'npi|' || resources.practitioner_npi as practitioner_key,
        resources.booked_at,
        resources.cancel_reason,
        resources.reason_text,
        resources.source_record_id as received
    {{ fhir_key_joins({'patient': 'patient_fhir_id'}) }}
)

{{ int_select('appointment', 'final', absent=['participants', 'filler_namespace', 'placer_namespace', 'department', 'location_key', 'cancelled_at'], received=true) }}
