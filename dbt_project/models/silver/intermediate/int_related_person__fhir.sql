with
{{ fhir_keys_ctes('stg_fhir__related_person', ['patient']) }}
final as (
    select
        {{ fhir_int_provenance() }},
        {{ fhir_int_person() }},
        {{ fhir_int_source_key() }},
        resources.names[1].family as family,
        resources.names[1].given[1] as given,
        resources.names,
        resources.telecoms,
        resources.addresses,
        resources.relationship_codings,
        resources.role_codings,
        resources.birth_date,
        {{ fhir_known('resources.sex', ['male', 'female', 'other', 'unknown']) }} as sex,
        resources.start_date,
        resources.end_date,
        resources.is_active,
        {{ fhir_received('RelatedPerson') }} as received
    {{ fhir_key_joins({'patient': 'patient_fhir_id'}) }}
)

{{ int_select('related_person', 'final', received=true) }}
