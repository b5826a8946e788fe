with
{{ fhir_keys_ctes('stg_fhir__device', ['patient']) }}
final as (
    select
        {{ fhir_int_provenance() }},
        {{ fhir_int_person() }},
        {{ fhir_int_codings() }},
        coalesce(resources.feed || '|' || resources.fhir_id, resources.source_record_id) as source_key,
        {{ fhir_known('resources.status', ['active', 'inactive', 'entered-in-error', 'unknown']) }} as status,
        resources.name,
        resources.manufacturer,
        resources.model_number,
        resources.serial_number,
        {{ fhir_received('Device') }} as received
    {{ fhir_key_joins({'patient': 'patient_fhir_id'}) }}
)

{{ int_select('device', 'final', received=true) }}
