-- Links that a system states rather than resembles: somebody wrote another system's number down, or
-- declared two numbers merged or linked. Each number is joined to one record (a star, not every pair).
with records as (
    select * from {{ ref('int_person_records') }}
),

own_numbers as (
    select
        person_record_id,
        id_authority as authority,
        id_value as number_value
    from records
),

numbers_named as (
    select
        records.person_record_id,
        numbers.authority,
        numbers.value as number_value
    from records, unnest(records.identifiers) as entry (numbers) -- noqa
    where numbers.type in ('MR', 'PI', 'PT', 'EI') and numbers.value is not null
),

merges as (
    select
        records.person_record_id,
        coalesce(numbers.authority, records.id_authority) as authority,
        numbers.value as number_value
    from records, unnest(records.prior_identifiers) as entry (numbers) -- noqa
    where numbers.value is not null
),

-- A number without its authority (X12 REF*EA) counts where only one authority has it.
unique_numbers as (
    select
        number_value,
        any_value(person_record_id) as person_record_id
    from own_numbers
    group by number_value
    having count(*) = 1
),

named as (
    select
        numbers_named.person_record_id as record_a,
        own_numbers.person_record_id as record_b,
        'shared record number' as method
    from numbers_named
    inner join own_numbers
        on
            numbers_named.authority = own_numbers.authority
            and numbers_named.number_value = own_numbers.number_value
    union all
    select
        numbers_named.person_record_id,
        unique_numbers.person_record_id,
        'shared record number'
    from numbers_named
    inner join unique_numbers on numbers_named.number_value = unique_numbers.number_value
    where numbers_named.authority is null
    union all
    select
        merges.person_record_id,
        own_numbers.person_record_id,
        'declared merge'
    from merges
    inner join own_numbers
        on
            merges.authority = own_numbers.authority
            and merges.number_value = own_numbers.number_value
),

members as (
    select
        person_record_id,
        unnest(member_ids) as member_id,
        birth_key,
        given_name
    from records
),

crosswalk as (
    select
        person_record_id as record_a,
        min(person_record_id) over (
            partition by member_id, birth_key, given_name
        ) as record_b,
        'member id, birth date and given name' as method
    from members
    where length(birth_key) = 8 and given_name is not null
),

linked as (
    select
        person_record_id_l as record_a,
        person_record_id_r as record_b,
        'declared link' as method
    from {{ ref('int_person_stated') }}
    where decision = 'link' and is_in_force
),

known as (
    select * from named
    union all
    select * from crosswalk
    union all
    select * from linked
)

select
    least(record_a, record_b) as record_id_l,
    greatest(record_a, record_b) as record_id_r,
    min(method) as method
from known
where
    record_a != record_b
    -- What a system unlinked holds until it says otherwise.
    and (least(record_a, record_b), greatest(record_a, record_b)) not in (
        select (stated.person_record_id_l, stated.person_record_id_r)
        from {{ ref('int_person_stated') }} as stated
        where stated.decision = 'do not link' and stated.is_in_force
    )
group by all
