{{ config(materialized='view') }}
with
{{ fhir_keys_ctes('stg_fhir__procedure', ['patient', 'practitioner', 'encounter']) }}
final as (
    select
        {{ fhir_int_provenance() }},
        {{ fhir_int_person() }},
        {{ fhir_int_codings() }},
        {{ fhir_int_source_key() }},
        {{ fhir_int_visit() }},
        {{ fhir_status('Procedure', 'resources.status') }} as status,
        resources.performed_at,
        resources.performed_at_precision,
        resources.performed_date,
        {{ fhir_int_practitioner() }},
        resources.source_record_id as received
    {{ fhir_key_joins({
        'patient': 'patient_fhir_id', 'practitioner': 'practitioner_fhir_id', 'encounter': 'encounter_fhir_id'}) }}
)

{{ int_select('procedure', 'final', absent=['reason_codings'], received=true) }}
