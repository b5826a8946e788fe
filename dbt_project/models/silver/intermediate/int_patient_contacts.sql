-- Next of kin and contacts (NK1) by HL7's Version 2 to FHIR (NK1[Patient]); as RelatedPerson they stand by themselves.
with contacts as (
    select
        patient_id,
        '[' || string_agg(contact_json, ',' order by related_person_id) || ']' as contacts
    from (
        select
            patient_id,
            related_person_id,
            {{ fhir_object({
                'relationship': fhir_list(
                    "list_filter(list_concat([" ~ fhir_concept_of('relationship_codings', 'relationship_codings[-1].display')
                    ~ "], list_transform(list_filter(role_codings, lambda role: role.code not in ('GUAR', 'POLHOLD')), lambda role: "
                    ~ fhir_concept_of('[role]', 'role.display') ~ ")), lambda concept: concept is not null)"
                ),
                'name': '(' ~ fhir_human_names('names[1:1]') ~ ')[2:-2]',
                'telecom': fhir_contact_points('telecoms'),
                'address': '(' ~ fhir_postal_addresses('addresses[1:1]') ~ ')[2:-2]',
                'gender': fhir_token('sex'),
                'period': fhir_object({'start': fhir_on('start_date'), 'end': fhir_on('end_date')}),
            }) }} as contact_json
        from {{ ref('related_person') }}
        where is_contact and patient_id is not null
    ) as named
    group by patient_id
)

select * from contacts
