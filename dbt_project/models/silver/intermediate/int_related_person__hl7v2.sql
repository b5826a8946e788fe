-- noqa: disable=LT01, LT02
{{ config(materialized='view') }}
-- NK1, GT1 and the insured of IN1 to RelatedPerson by HL7's Version 2 to FHIR (segments NK1, GT1; IN1 by the same
-- rules): who stands by a patient, pays for them, or insures them. The patient themself is none of them.
{%- set role_class = 'http://terminology.hl7.org/CodeSystem/v3-RoleClass' %}
with kin as (
    select
        * exclude (names, contact_names),
        unnest(names[:1]) as first_name,
        list_concat(names[2:], contact_names) as further_names,
        case
            when contact_role is not null
                then [{'system': {{ coding_system('source_system', "coalesce(contact_role_system, 'HL70131')") }}, 'code': contact_role, 'display': contact_role_display}]
        end as role_codings
    from {{ ref('stg_hl7v2__nk1') }}
),

guarantors as (
    select
        * exclude (names),
        unnest(names[:1]) as first_name,
        names[2:] as further_names,
        [{'system': '{{ role_class }}', 'code': 'GUAR', 'display': 'guarantor'}] as role_codings
    from {{ ref('stg_hl7v2__gt1') }}
),

insured as (
    select
        in1.* exclude (insured_names, insured_addresses, insured_birth_date, insured_sex),
        unnest(in1.insured_names[:1]) as first_name,
        in1.insured_names[2:] as further_names,
        in1.insured_addresses as addresses,
        in1.insured_birth_date as birth_date,
        in1.insured_sex as sex,
        list_concat(in2.insured_phones, in2.insured_work_phones) as phones,
        [{'system': '{{ role_class }}', 'code': 'POLHOLD', 'display': 'policy holder'}] as role_codings
    from {{ ref('stg_hl7v2__in1') }} as in1
    {{ hl7_join_segment(ref('stg_hl7v2__in2'), 'in2', 'in1.segment_index', relation='in1', column='in1_index') }}
),

segments as (
    {%- set erases = {
        'kin': {
            '4': ['addresses'], '5': ['telecoms'], '8': ['start_date'], '9': ['end_date'], '15': ['sex'], '16': ['birth_date'],
        },
        'guarantors': {
            '5': ['addresses'], '6': ['telecoms'], '8': ['birth_date'], '9': ['sex'], '13': ['start_date'], '14': ['end_date'],
        },
        'insured': {'18': ['birth_date'], '19': ['addresses'], '43': ['sex']},
    } %}
    {%- for relation in ['kin', 'guarantors', 'insured'] %}
    select
        source_system, feed, source_record_id, file_sha256, record_index, received_at, message_at, segment_index, pid_index,
        first_name, further_names, addresses, phones, birth_date, sex, role_codings,
        {{ {'kin': 'person_ids', 'guarantors': 'guarantor_ids'}.get(relation, 'null') }} as person_ids,
        {{ 'ssn, languages' if relation != 'insured' else 'null as ssn, null as languages' }},
        relationship_code, relationship_display,
        -- A code of the table, though the sender does not say so.
        coalesce(
            relationship_system, case when {{ hl7_relationship('relationship_code') }} is not null then 'HL70063' end
        ) as relationship_system,
        relationship_alternate_code, relationship_alternate_display, relationship_alternate_system,
        {{ hl7_null_columns('null_fields', erases[relation]) }} as null_columns,
        {{ 'true' if relation == 'kin' else 'null::boolean' }} as is_contact,
        {{ 'start_date, end_date' if relation != 'insured' else 'null::date as start_date, null::date as end_date' }}
    from {{ relation }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

patients as (
    select
        file_sha256,
        record_index,
        segment_index as pid_index,
        upper(names[1].family) as family,
        upper(names[1].given) as given,
        birth_date
    from {{ ref('stg_hl7v2__pid') }}
),

final as (
    select
        {{ hl7_int_provenance() }},
        persons.id_authority,
        persons.id_value,
        segments.source_record_id || ':' || segments.segment_index as source_key,
        segments.first_name.family as family,
        segments.first_name.given as given,
        {{ hl7_person_names('list_concat([segments.first_name], segments.further_names)') }} as names,
        nullif({{ hl7_person_telecoms('segments.phones') }}, []) as telecoms,
        nullif({{ hl7_person_addresses('segments.addresses') }}, []) as addresses,
        case
            when {{ hl7_relationship('segments.relationship_code') }} is not null
                then list_concat(
                    [{
                        'system': 'http://terminology.hl7.org/CodeSystem/v3-RoleCode',
                        'code': {{ hl7_relationship('segments.relationship_code') }},
                        'display': null::varchar
                    }],
                    {{ hl7_codings('segments.relationship', 'segments.source_system') }}
                )
            else {{ hl7_codings('segments.relationship', 'segments.source_system') }}
        end as relationship_codings,
        segments.role_codings,
        nullif(list_concat(
            list_transform(
                list_filter(segments.person_ids, lambda number: number."value" is not null),
                lambda number: {
                    'value': number."value", 'authority': number.authority, 'type': number."type", 'issuer': number.issued."by",
                    {{ hl7_validity('number.issued') }}
                }
            ),
            case
                when segments.ssn is not null
                    then [{
                        'value': segments.ssn, 'authority': null, 'type': 'SS', 'issuer': null, 'start_date': null, 'end_date': null
                    }]
            end
        ), []) as person_numbers,
        nullif({{ hl7_concept_parts('segments.languages', 'segments.source_system') }}, []) as languages,
        segments.birth_date,
        {{ hl7_gender('segments.sex') }} as sex,
        segments.start_date,
        segments.end_date,
        null::boolean as is_active,
        segments.is_contact,
        segments.null_columns
    from segments
    {{ hl7_join_person() }}
    {{ hl7_join_segment('patients', 'patients', 'segments.pid_index', column='pid_index') }}
    where
        coalesce(segments.first_name.family, segments.first_name.given) is not null
        and not {{ hl7_is_self('segments.relationship_code', 'segments.relationship_display') }}
        and (
            patients.family is null
            or upper(coalesce(segments.first_name.family, '')) <> patients.family
            or upper(coalesce(segments.first_name.given, '')) is distinct from coalesce(patients.given, '')
            or coalesce(segments.birth_date <> patients.birth_date, false)
        )
)

{{ int_select('related_person', 'final', nulls=true, own=['is_contact', 'person_numbers', 'languages']) }}
