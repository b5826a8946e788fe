with
{{ fhir_keys_ctes('stg_fhir__adverse_event', ['patient', 'practitioner', 'encounter']) }}
final as (
    select
        {{ fhir_int_provenance() }},
        {{ fhir_int_person() }},
        {{ fhir_int_codings() }},
        {{ fhir_int_source_key() }},
        {{ fhir_int_visit() }},
        coalesce({{ fhir_known('resources.actuality', ['actual', 'potential']) }}, 'actual') as actuality,
        resources.category,
        resources.event_at,
        resources.event_at_precision,
        resources.recorded_date,
        resources.seriousness,
        resources.outcome,
        {{ fhir_int_practitioner() }},
        resources.source_record_id as received
    {{ fhir_key_joins({
        'patient': 'patient_fhir_id', 'practitioner': 'practitioner_fhir_id', 'encounter': 'encounter_fhir_id'}) }}
)

{{ int_select('adverse_event', 'final', received=true) }}
