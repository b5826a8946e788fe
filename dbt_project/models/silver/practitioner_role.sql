with sources as (
    {{ int_union('practitioner_role', ['hl7v2', 'fhir']) }}
),

versions as not materialized (
    select
        *,
        case
            when int_format = 'hl7v2' then concat_ws(chr(31), 'role', practitioner_key, organization_key, codings[1].code)
            else concat_ws(chr(31), 'source', source_system, source_key)
        end as match_key,
        0 as lead_order
    from sources
),

roles as (
    {{ merged('versions', [
        'is_active', 'practitioner_key', 'organization_key', 'codings', 'specialty_codings', 'telecoms', 'received',
    ], together=['received']) }}
),

identified as (
    select
        *,
        {{ uuid_v5('PractitionerRole', "'key'", 'match_key') }} as practitioner_role_id,
        {{ practitioner_id('practitioner_key') }} as practitioner_id,
        {{ organization_id('organization_key') }} as organization_id
    from roles
),

built as (
    select
        *,
        {{ fhir_object({
            'resourceType': fhir_constant('PractitionerRole'),
            'id': fhir_token('practitioner_role_id'),
            'meta': fhir_meta(),
            'active': fhir_boolean('is_active'),
            'practitioner': fhir_reference('Practitioner', 'practitioner_id'),
            'organization': fhir_reference('Organization', 'organization_id'),
            'code': fhir_array([fhir_concept_of('codings', 'codings[1].display')]),
            'specialty': fhir_array([fhir_concept_of('specialty_codings', 'specialty_codings[1].display')]),
            'telecom': fhir_contact_points('telecoms'),
        }) }} as built_json
    from identified
    {{ join_fhir_received('identified', 'PractitionerRole') }}
),

final as (
    select
        practitioner_role_id,
        practitioner_id,
        organization_id,
        is_active,
        codings[1]."system" as code_system,
        codings[1].code as code,
        codings[1].display as code_display,
        codings,
        specialty_codings,
        telecoms,
        {{ silver_provenance() }},
        {{ fhir_with_received('built_json', 'practitioner_role_id') }} as fhir_json
    from built
)

select * from final
