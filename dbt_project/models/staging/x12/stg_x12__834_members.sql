with segments as (
    {{ x12_segments() }}
    where transaction_type = '834' and member_index is not null and coverage_index is null
),

transactions as (
    select * from {{ ref('stg_x12__transactions') }}
    where transaction_type = '834'
),

parties as (
    select * from {{ ref('stg_x12__parties') }}
    where transaction_type = '834'
),

members as (
    select
        record_key,
        member_index,
        {{ x12_first_elements("segment_id = 'INS'") }} as ins,
        {{ x12_reference('0F') }} as subscriber_number,
        {{ x12_reference('1L') }} as group_number,
        {{ x12_reference('23') }} as client_number,
        {{ x12_date_text('336') }} as employment_begin,
        {{ x12_date_text('337') }} as employment_end,
        {{ x12_date_text('356') }} as eligibility_begin,
        {{ x12_date_text('357') }} as eligibility_end,
        {{ x12_date_text('303') }} as maintenance_effective
    from segments
    group by record_key, member_index
),

-- 2100A: IL is the member, 74 the member with corrected data.
member_names as (
    select distinct on (record_key, member_index) *
    from parties
    where loop_id = '2100A'
    order by record_key, member_index, entity_code != '74', party_index
),

header_parties as (
    select
        record_key,
        arg_min(last_or_organization_name, party_index) filter (where entity_code = 'P5') as sponsor_name,
        arg_min(id_value, party_index) filter (where entity_code = 'P5') as sponsor_id,
        arg_min(last_or_organization_name, party_index) filter (where entity_code = 'IN') as payer_name,
        arg_min(id_value, party_index) filter (where entity_code = 'IN') as payer_id
    from parties
    where member_index is null
    group by all
)

select
    {{ x12_provenance() }},
    transactions.message_at,
    -- BGN08: 2 change (update), 4 verify, RX replace (a full audit file).
    transactions.enrollment_action_code as file_action_code,
    members.member_index,
    {{ x12_element(1, 'members.ins') }} = 'Y' as is_subscriber,
    {{ x12_element(2, 'members.ins') }} as relationship_code,
    -- INS03 (875): 001 change, 002 delete, 021 addition, 024 cancellation or termination, 025 reinstatement, 030 audit.
    {{ x12_element(3, 'members.ins') }} as maintenance_type_code,
    {{ x12_element(4, 'members.ins') }} as maintenance_reason_code,
    {{ x12_element(5, 'members.ins') }} as benefit_status_code,
    {{ x12_element(8, 'members.ins') }} as employment_status_code,
    {{ x12_element(12, 'members.ins') }} as death_date_text,
    {{ x12_date(x12_element(12, 'members.ins')) }} as death_date,
    members.subscriber_number,
    members.group_number,
    members.client_number,
    case when coalesce(member_names.id_qualifier, '') != '34' then member_names.id_value end as own_member_id,
    coalesce(
        case when coalesce(member_names.id_qualifier, '') != '34' then member_names.id_value end,
        members.subscriber_number
    ) as member_id,
    case when member_names.id_qualifier = '34' then member_names.id_value end as ssn,
    member_names.id_qualifier,
    member_names.last_or_organization_name as last_name,
    member_names.first_name,
    member_names.middle_name,
    member_names.suffix,
    member_names.birth_date_text,
    member_names.birth_date,
    member_names.sex,
    member_names.marital_status_code,
    member_names.race_code,
    member_names.language,
    member_names.address_line,
    member_names.city,
    member_names.state,
    member_names.postal_code,
    member_names.contacts,
    member_names.identifiers,
    {{ x12_date('members.employment_begin') }} as employment_begin_date,
    {{ x12_date('members.employment_end') }} as employment_end_date,
    {{ x12_date('members.eligibility_begin') }} as eligibility_begin_date,
    {{ x12_date('members.eligibility_end') }} as eligibility_end_date,
    {{ x12_date('members.maintenance_effective') }} as maintenance_effective_date,
    header_parties.sponsor_name,
    header_parties.sponsor_id,
    header_parties.payer_name,
    header_parties.payer_id
from members
inner join transactions
    on members.record_key = transactions.record_key
left join member_names
    on
        members.record_key = member_names.record_key
        and members.member_index = member_names.member_index
left join header_parties
    on members.record_key = header_parties.record_key
