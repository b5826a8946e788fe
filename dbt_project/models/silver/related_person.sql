-- noqa: disable=LT02
with sources as (
    {{ int_with_patient('related_person', ['hl7v2', 'fhir']) }}
),

keyed as not materialized (
    select
        *,
        case
            when int_format = 'fhir' then concat_ws(chr(31), 'source', source_system, source_key)
            else {{ related_person_key(person_scope(), 'family', 'given') }}
        end as match_key,
        0 as lead_order
    from sources
),

-- Next of kin, guarantor and policy holder: one person may be all of them.
roles as (
    select
        match_key,
        list_sort(list_distinct(flatten(list(role_codings) filter (where role_codings is not null)))) as all_role_codings,
        coalesce(bool_or(is_contact), false) as is_contact
    from keyed
    group by match_key
),

related as (
    {{ merged('keyed', [
        'patient_id', 'family', 'given', 'names', 'telecoms', 'addresses', 'relationship_codings', 'birth_date', 'sex',
        'start_date', 'end_date', 'is_active', 'person_numbers', 'languages', 'received',
    ], nulls=true) }}
),

identified as (
    select
        related.*,
        list_sort(coalesce(roles.all_role_codings, [])) as role_codings,
        roles.is_contact,
        {{ uuid_v5('RelatedPerson', "'key'", 'related.match_key') }} as related_person_id
    from related
    left join roles on related.match_key = roles.match_key
),

built as (
    select
        *,
        {{ fhir_object({
            'resourceType': fhir_constant('RelatedPerson'),
            'id': fhir_token('related_person_id'),
            'meta': fhir_meta(),
            'identifier': fhir_list("list_transform(person_numbers, lambda number: " ~ fhir_person_identifier(
                "case when number.\"type\" = 'SS' and number.authority is null then 'http://hl7.org/fhir/sid/us-ssn' else "
                ~ number_system('number.authority', none) ~ " end",
                fhir_validity('number'), fhir_object({'display': fhir_string('number.issuer')}),
            ) ~ ")"),
            'active': fhir_boolean('is_active'),
            'patient': fhir_subject(),
            'relationship': fhir_list(
                "list_filter(list_concat([" ~ fhir_concept_of('relationship_codings', 'relationship_codings[-1].display') ~ "], list_transform(role_codings, lambda role: "
                ~ fhir_concept_of('[role]', 'role.display') ~ ")), lambda concept: concept is not null)"
            ),
            'name': fhir_human_names('names'),
            'telecom': fhir_contact_points('telecoms'),
            'gender': fhir_token('sex'),
            'birthDate': fhir_on('birth_date'),
            'address': fhir_postal_addresses('addresses'),
            'period': fhir_object({'start': fhir_on('start_date'), 'end': fhir_on('end_date')}),
            'communication': fhir_list(
                "list_transform(languages, lambda value: " ~ fhir_object({'language': fhir_concept_of('value.codings', 'value."text"')}) ~ ")"
            ),
        }) }} as built_json
    from identified
    {{ join_fhir_received('identified', 'RelatedPerson') }}
),

final as (
    select
        related_person_id,
        patient_id,
        relationship_codings[1].code as relationship_code,
        relationship_codings,
        role_codings,
        family,
        given,
        birth_date,
        sex,
        names,
        telecoms,
        addresses,
        start_date,
        end_date,
        is_active,
        is_contact,
        {{ silver_provenance() }},
        {{ fhir_with_received('built_json', 'related_person_id') }} as fhir_json
    from built
)

select * from final
