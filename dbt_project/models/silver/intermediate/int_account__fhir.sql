with
{{ fhir_keys_ctes('stg_fhir__account', ['patient']) }}
final as (
    select
        {{ fhir_int_provenance() }},
        {{ fhir_int_person() }},
        coalesce(resources.feed || '|' || resources.fhir_id, resources.source_record_id) as source_key,
        coalesce(
            {{ fhir_identifier_of_type('resources.identifiers', "['AN']") }}.value,
            list_filter(resources.identifiers, lambda one: one.value is not null)[1].value
        ) as account_number,
        coalesce(
            {{ fhir_identifier_of_type('resources.identifiers', "['AN']") }}.system,
            list_filter(resources.identifiers, lambda one: one.value is not null)[1].system
        ) as account_namespace,
        {{ fhir_known('resources.status', ['active', 'inactive', 'entered-in-error', 'on-hold', 'unknown']) }} as status,
        resources.type_codings,
        resources.name,
        resources.service_start_at,
        resources.service_start_at_precision,
        resources.service_end_at,
        resources.service_end_at_precision,
        {{ fhir_received('Account') }} as received
    {{ fhir_key_joins({'patient': 'patient_fhir_id'}) }}
)

{{ int_select('account', 'final', received=true, absent=['is_own_guarantor', 'guarantor_family', 'guarantor_given']) }}
