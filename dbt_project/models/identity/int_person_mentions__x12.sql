-- Subscribers and patients of 837 claims, members of 834 enrolments. A dependant without a number of
-- their own is told from the subscriber by birth date and given name.
with parties as (
    select * from {{ ref('stg_x12__parties') }}
    where
        transaction_type = '837'
        and loop_id in ('2010BA', '2010CA')
        and entity_code in ('IL', 'QC')
        and coalesce(entity_type_code, '1') = '1'
),

transactions as (
    select
        file_sha256,
        record_index,
        message_at
    from {{ ref('stg_x12__transactions') }}
),

payers as (
    select
        file_sha256,
        record_index,
        subscriber_index,
        min(id_value) as payer_id
    from {{ ref('stg_x12__parties') }}
    where transaction_type = '837' and loop_id = '2010BB' and entity_code = 'PR'
    group by all
),

subscribers as (
    select
        file_sha256,
        record_index,
        subscriber_index,
        min(id_value) as subscriber_id
    from parties
    where entity_code = 'IL'
    group by all
),

-- REF*EA: the provider's record number of the patient of the claim.
medical_records as (
    select
        file_sha256,
        record_index,
        patient_party_index as party_index,
        list_sort(list(distinct medical_record_number)) as medical_record_numbers
    from {{ ref('stg_x12__837_claims') }}
    where medical_record_number is not null
    group by all
),

claimants as (
    select
        parties.*,
        transactions.message_at,
        coalesce(parties.id_value, subscribers.subscriber_id) as member_id,
        coalesce(payers.payer_id, 'X12:' || parties.feed) as payer_id,
        parties.entity_code = 'IL' or parties.id_value is not null as has_own_number,
        medical_records.medical_record_numbers
    from parties
    left join payers
        on
            parties.file_sha256 = payers.file_sha256
            and parties.record_index = payers.record_index
            and parties.subscriber_index = payers.subscriber_index
    left join subscribers
        on
            parties.file_sha256 = subscribers.file_sha256
            and parties.record_index = subscribers.record_index
            and parties.subscriber_index = subscribers.subscriber_index
    left join medical_records
        on
            parties.file_sha256 = medical_records.file_sha256
            and parties.record_index = medical_records.record_index
            and parties.party_index = medical_records.party_index
    left join transactions
        on
            parties.file_sha256 = transactions.file_sha256
            and parties.record_index = transactions.record_index
),

members as (
    select * from {{ ref('stg_x12__834_members') }}
),

named as (
    select
        source_system,
        feed,
        file_sha256 || ':' || record_index as source_record_id,
        received_at,
        message_at,
        {{ record_order(none, 'party_index') }} as record_order,
        case when entity_code = 'QC' then 'dependent' else 'subscriber' end as person_role,
        payer_id,
        member_id,
        has_own_number,
        medical_record_numbers,
        last_or_organization_name as family,
        first_name as given,
        middle_name as middle,
        suffix,
        birth_date_text,
        sex,
        null as ssn,
        contacts,
        address_line,
        city,
        state,
        postal_code,
        race_code,
        language,
        marital_status_code as marital_status,
        null as deceased_text
    from claimants
    union all by name
    select
        source_system,
        feed,
        file_sha256 || ':' || record_index as source_record_id,
        received_at,
        message_at,
        {{ record_order(none, 'member_index') }} as record_order,
        'member' as person_role,
        coalesce(payer_id, 'X12:' || feed) as payer_id,
        member_id,
        is_subscriber or own_member_id is not null as has_own_number,
        last_name as family,
        first_name as given,
        middle_name as middle,
        suffix,
        birth_date_text,
        sex,
        ssn,
        contacts,
        address_line,
        city,
        state,
        postal_code,
        race_code,
        language,
        marital_status_code as marital_status,
        death_date_text as deceased_text
    from members
),

final as (
    select
        *,
        payer_id as id_authority,
        'MI' as id_type,
        {{ x12_person_key('member_id', 'has_own_number', 'birth_date_text', 'given') }} as id_value,
        list_concat(
            [struct_pack(authority := payer_id, type := 'MI', value := member_id)],
            list_transform(
                coalesce(medical_record_numbers, []),
                lambda x: struct_pack(authority := null::varchar, type := 'MR', value := x)
            )
        ) as identifiers,
        list_transform(
            list_filter(coalesce(contacts, []), lambda x: x.qualifier in ('TE', 'HP', 'CP')),
            lambda x: x.value
        ) as phones,
        list_transform(
            list_filter(coalesce(contacts, []), lambda x: x.qualifier = 'EM'), lambda x: x.value
        ) as emails,
        [member_id] as member_ids
    from named
    where member_id is not null
)

{{ mention_select('final', absent=[
    'null_columns',
    'prior_identifiers', 'former_families', 'county_fips', 'ethnicity_code', 'multiple_birth']) }}
