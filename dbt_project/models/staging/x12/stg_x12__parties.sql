with segments as (
    {{ x12_segments() }}
    where party_index is not null and segment_id in ('NM1', 'N1', 'N2', 'N3', 'N4', 'DMG', 'PER', 'REF', 'PRV', 'LUI')
),

gathered as (
    select
        record_key,
        party_index,
        any_value(transaction_type) as transaction_type,
        any_value(level_index) as level_index,
        any_value(billing_index) as billing_index,
        any_value(subscriber_index) as subscriber_index,
        any_value(patient_index) as patient_index,
        any_value(claim_index) as claim_index,
        any_value(other_subscriber_index) as other_subscriber_index,
        any_value(line_index) as line_index,
        any_value(member_index) as member_index,
        any_value(coverage_index) as coverage_index,
        any_value(component_separator) as component_separator,
        {{ x12_first_elements("segment_id in ('NM1', 'N1')") }} as name,
        {{ x12_first_elements("segment_id = 'N3'") }} as street,
        {{ x12_first_elements("segment_id = 'N4'") }} as place,
        {{ x12_first_elements("segment_id = 'DMG'") }} as demographics,
        {{ x12_first(x12_element(3), "segment_id = 'PRV'") }} as taxonomy_code,
        {{ x12_first(x12_element(2), "segment_id = 'LUI'") }} as language,
        -- Lists are put in the order of segments afterwards: an ordered aggregate costs ten times as much.
        list(
            struct_pack(
                segment_index := segment_index, qualifier := {{ x12_element(1) }}, value := {{ x12_element(2) }}
            )
        )
        filter (where segment_id = 'REF' and {{ x12_element(2) }} is not null) as identifiers,
        list(struct_pack(segment_index := segment_index, elements := elements)) filter (where segment_id = 'PER')
            as communications
    from segments
    group by record_key, party_index
),

transactions as (
    {{ x12_origins() }}
),

named as (
    select
        * replace (
            list_transform(
                list_sort(identifiers),
                lambda one: struct_pack(qualifier := one.qualifier, value := one.value)
            ) as identifiers
        ),
        -- PER03 to PER08: up to three pairs of a qualifier (TE, HP, CP, WP, EM, FX …) and a number.
        flatten(list_transform(list_sort(communications), lambda one: [
            struct_pack(
                qualifier := {{ x12_element(3, 'one.elements') }}, value := {{ x12_element(4, 'one.elements') }}
            ),
            struct_pack(
                qualifier := {{ x12_element(5, 'one.elements') }}, value := {{ x12_element(6, 'one.elements') }}
            ),
            struct_pack(
                qualifier := {{ x12_element(7, 'one.elements') }}, value := {{ x12_element(8, 'one.elements') }}
            )
        ])) as contacts,
        name[1] = 'N1' as is_n1,
        {{ x12_element(1, 'name') }} as entity_code
    from gathered
)

select
    {{ x12_provenance() }},
    named.record_key,
    transaction_type,
    party_index,
    level_index,
    billing_index,
    subscriber_index,
    patient_index,
    claim_index,
    other_subscriber_index,
    line_index,
    member_index,
    coverage_index,
    case
        when transaction_type = '837' and level_index is null then if(entity_code = '41', '1000A', '1000B')
        when transaction_type = '837' and line_index is not null then '2420'
        when transaction_type = '837' and other_subscriber_index is not null
            then case entity_code when 'IL' then '2330A' when 'PR' then '2330B' else '2330' end
        when transaction_type = '837' and claim_index is not null then '2310'
        when transaction_type = '837' and patient_index is not null then '2010CA'
        when transaction_type = '837' and subscriber_index is not null
            then case entity_code when 'IL' then '2010BA' when 'PR' then '2010BB' else '2010B' end
        when transaction_type = '837'
            then case entity_code when '85' then '2010AA' when '87' then '2010AB' when 'PE' then '2010AC' end
        when transaction_type = '835' and claim_index is not null then '2100'
        when transaction_type = '835' then case entity_code when 'PR' then '1000A' when 'PE' then '1000B' end
        when transaction_type = '834' and coverage_index is not null then '2310'
        when transaction_type = '834' and member_index is not null
            then
                case entity_code
                    when 'IL' then '2100A'
                    when '74' then '2100A'
                    when '70' then '2100B'
                    when '31' then '2100C'
                    when '36' then '2100D'
                    when 'M8' then '2100E'
                    when '75' then '2750'
                    else '2100'
                end
        when
            transaction_type = '834'
            then case entity_code when 'P5' then '1000A' when 'IN' then '1000B' else '1000C' end
    end as loop_id,
    entity_code,
    -- NM102: 1 a person, 2 an organization; N1 names organizations.
    case when is_n1 then '2' else {{ x12_element(2, 'name') }} end as entity_type_code,
    case when is_n1 then {{ x12_element(2, 'name') }} else {{ x12_element(3, 'name') }} end
        as last_or_organization_name,
    case when not is_n1 then {{ x12_element(4, 'name') }} end as first_name,
    case when not is_n1 then {{ x12_element(5, 'name') }} end as middle_name,
    case when not is_n1 then {{ x12_element(6, 'name') }} end as prefix,
    case when not is_n1 then {{ x12_element(7, 'name') }} end as suffix,
    case when is_n1 then {{ x12_element(3, 'name') }} else {{ x12_element(8, 'name') }} end as id_qualifier,
    case when is_n1 then {{ x12_element(4, 'name') }} else {{ x12_element(9, 'name') }} end as id_value,
    concat_ws(', ', {{ x12_element(1, 'street') }}, {{ x12_element(2, 'street') }}) as address_line,
    {{ x12_element(1, 'place') }} as city,
    {{ x12_element(2, 'place') }} as state,
    {{ x12_element(3, 'place') }} as postal_code,
    {{ x12_element(4, 'place') }} as country,
    {{ x12_element(2, 'demographics') }} as birth_date_text,
    {{ x12_date(x12_element(2, 'demographics')) }} as birth_date,
    {{ x12_element(3, 'demographics') }} as sex,
    {{ x12_element(4, 'demographics') }} as marital_status_code,
    {{ x12_component(x12_element(5, 'demographics'), 1) }} as race_code,
    language,
    taxonomy_code,
    identifiers,
    list_filter(contacts, lambda contact: contact.value is not null) as contacts
from named
inner join transactions
    on named.record_key = transactions.record_key
