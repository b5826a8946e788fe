with
{{ fhir_keys_ctes('stg_fhir__practitioner_role', ['practitioner', 'organization']) }}
final as (
    select
        {{ fhir_int_provenance() }},
        coalesce(resources.feed || '|' || resources.fhir_id, resources.source_record_id) as source_key,
        resources.is_active,
        {{ fhir_int_practitioner() }},
        organizations.organization_key,
        resources.codings,
        resources.specialty_codings,
        resources.telecoms,
        {{ fhir_received('PractitionerRole') }} as received
    {{ fhir_key_joins({'practitioner': 'practitioner_fhir_id', 'organization': 'organization_fhir_id'}) }}
)

{{ int_select('practitioner_role', 'final', received=true) }}
