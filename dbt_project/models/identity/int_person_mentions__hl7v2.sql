-- A merge says that two numbers are one person (A18, A30, A34, A36, A39, A40, A43, A46, A47); moving a visit or an
-- account (A44, A45), or changing the number of one (A35, A41, A42, A49 to A51), names a number and says no such thing.
-- PID-3 lists a person's numbers, the sender's own first; numbers that are not a record's (a social
-- security or member number, an account) are kept among the identifiers only.
with segments as (
    select * from {{ ref('stg_hl7v2__pid') }}
),

merged as (
    select
        *,
        split_part(message_type, '^', 2) not in ('A35', 'A41', 'A42', 'A44', 'A45', 'A49', 'A50', 'A51') as is_merge
    from {{ ref('stg_hl7v2__mrg') }}
),

merges as (
    select
        file_sha256,
        record_index,
        pid_index,
        flatten(list(
            list_concat(
                coalesce(prior_ids, []),
                case
                    when prior_patient_id is not null
                        then [struct_pack(
                            value := prior_patient_id, "check" := null::varchar,
                            authority := null::varchar, type := 'MR'
                        )]
                    else []
                end
            )
            order by segment_index
        )) as prior_ids
    from merged
    where is_merge or is_merge is null
    group by all
),

insurance as (
    select
        file_sha256,
        record_index,
        pid_index,
        list_sort(list(distinct policy_number) filter (where policy_number is not null)) as policy_numbers
    from {{ ref('stg_hl7v2__in1') }}
    group by all
),

numbered as (
    select
        segments.*,
        merges.prior_ids,
        insurance.policy_numbers,
        list_filter(
            coalesce(segments.patient_ids, []), lambda x: x.value is not null
        ) as own_ids,
        list_filter(
            list_concat(
                coalesce(segments.patient_ids, []),
                list_concat(
                    coalesce(segments.external_ids, []), coalesce(segments.alternate_ids, [])
                )
            ),
            lambda x: x.value is not null
        ) as all_ids
    from segments
    left join merges
        on
            segments.file_sha256 = merges.file_sha256
            and segments.record_index = merges.record_index
            and segments.segment_index = merges.pid_index
    left join insurance
        on
            segments.file_sha256 = insurance.file_sha256
            and segments.record_index = insurance.record_index
            and segments.segment_index = insurance.pid_index
),

chosen as (
    select
        *,
        {{ hl7_own_number('own_ids', 'all_ids') }} as own_id,
        coalesce(
            list_filter(names, lambda x: coalesce(x.type, 'L') in ('L', 'D', 'N', 'C'))[1], names[1]
        ) as legal_name,
        coalesce(
            list_filter(addresses, lambda x: coalesce(x.type, 'H') in ('H', 'P', 'L'))[1],
            addresses[1]
        ) as home
    from numbered
),

patients as (
    select
        source_system,
        feed,
        source_record_id,
        received_at,
        message_at,
        {{ record_order(none, 'segment_index') }} as record_order,
        -- A24 links the persons whom it names, A37 unlinks them.
        case split_part(message_type, '^', 2) when 'A24' then 'linked' when 'A37' then 'unlinked' else 'patient' end as person_role,
        coalesce(own_id.authority, upper(source_system)) as id_authority,
        own_id.type as id_type,
        own_id.value as id_value,
        list_transform(
            all_ids,
            lambda x: struct_pack(authority := x.authority, type := x.type, value := x.value)
        ) as identifiers,
        list_transform(
            prior_ids,
            lambda x: struct_pack(authority := x.authority, type := x.type, value := x.value)
        ) as prior_identifiers,
        legal_name.family as family,
        legal_name.given as given,
        legal_name.middle as middle,
        legal_name.suffix as suffix,
        list_distinct(list_filter(
            list_concat(
                list_transform(coalesce(names, []), lambda x: x.family),
                list_transform(coalesce(aliases, []), lambda x: x.family)
            ),
            lambda x: x is not null and x is distinct from legal_name.family
        )) as former_families,
        birth_date_text,
        sex,
        coalesce(ssn, list_filter(all_ids, lambda x: x.type = 'SS')[1].value) as ssn,
        list_filter(list_transform(phones, lambda x: x.number), lambda x: x is not null) as phones,
        list_filter(list_transform(phones, lambda x: x.email), lambda x: x is not null) as emails,
        nullif(concat_ws(' ', home.line, home.other), '') as address_line,
        home.city as city,
        home.state as state,
        home.postal_code as postal_code,
        coalesce(home.county, county_code) as county_fips,
        list_distinct(list_concat(
            list_transform(
                list_filter(all_ids, lambda x: x.type in ('MI', 'MB')), lambda x: x.value
            ),
            coalesce(policy_numbers, [])
        )) as member_ids,
        race_code,
        ethnicity_code,
        language,
        marital_status,
        coalesce(deceased_at_text, nullif(is_deceased_text, 'N')) as deceased_text,
        coalesce(birth_order::varchar, multiple_birth) as multiple_birth,
        list_concat(
            coalesce({{ hl7_null_columns('null_fields', {
                '5': ['family', 'given', 'middle', 'suffix'], '5.3': ['middle'], '5.4': ['suffix'],
                '7': ['birth_date_text'], '8': ['sex'], '10': ['race_code'],
                '11': ['address_line', 'city', 'state', 'postal_code', 'county_fips'], '11.1': ['address_line'],
                '11.3': ['city'], '11.4': ['state'], '11.5': ['postal_code'], '13': ['phones', 'emails'],
                '14': ['phones'], '40': ['phones', 'emails'], '15': ['language'], '16': ['marital_status'],
                '19': ['ssn'], '22': ['ethnicity_code'], '24': ['multiple_birth'], '25': ['multiple_birth'],
                '29': ['deceased_text'], '30': ['deceased_text'],
            }) }}, []),
            case when is_deceased_text = 'N' and deceased_at_text is null then ['deceased_text'] else [] end
        ) as null_columns
    from chosen
),

-- The number that ceased may never have sent a message of its own. In the order of words it stands before its PID, which
-- goes on.
ceased as (
    select
        merged.source_system,
        merged.feed,
        merged.source_record_id,
        merged.received_at,
        merged.message_at,
        {{ record_order('merged') }} as record_order,
        case when merged.is_merge then 'merged' else 'named' end as person_role,
        coalesce(prior_id.authority, upper(merged.source_system)) as id_authority,
        prior_id.type as id_type,
        prior_id.value as id_value,
        merged.prior_names[1].family as family,
        merged.prior_names[1].given as given
    from merged, unnest(merged.prior_ids) as entry (prior_id) -- noqa
    where prior_id.value is not null
),

final as (
    select * from patients
    union all by name
    select * from ceased
)

{{ mention_select('final') }}
