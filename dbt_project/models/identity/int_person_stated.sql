-- What messages say of two numbers, word by word: A24 links and A37 unlinks the persons of its PID segments, a merge
-- names the number that ceased (chapter 3 of the standard). Of each pair the newest word counts; of words of one moment in
-- several files, whose places say nothing of each other, the careful one.
with mentions as (
    select
        source_system,
        source_record_id,
        coalesce(message_at, received_at) as recorded_at,
        received_at,
        record_order,
        least(message_at, received_at) as effective_at,
        {{ uuid_v5('Person', 'source_system', "id_authority || '|' || id_value") }} as person_record_id,
        person_role,
        source_system || '|' || id_authority as own_authority,
        id_authority,
        prior_identifiers
    from {{ ref('int_person_mentions__hl7v2') }}
    where id_value is not null and (person_role in ('linked', 'unlinked') or len(prior_identifiers) > 0)
),

named as (
    select
        one.person_record_id as record_a,
        other.person_record_id as record_b,
        case one.person_role when 'unlinked' then 'do not link' else 'link' end as decision,
        {{ word_order('one') }} as word,
        one.effective_at,
        one.source_system
    from mentions as one
    inner join mentions as other
        on one.source_record_id = other.source_record_id and one.person_role = other.person_role
    where one.person_role in ('linked', 'unlinked') and one.person_record_id < other.person_record_id
),

merged as (
    select
        mentions.person_record_id as record_a,
        records.person_record_id as record_b,
        'link' as decision,
        {{ word_order('mentions') }} as word,
        mentions.effective_at,
        mentions.source_system
    from mentions, unnest(mentions.prior_identifiers) as entry (prior) -- noqa
    inner join {{ ref('int_person_records') }} as records
        on coalesce(prior.authority, mentions.id_authority) = records.id_authority and prior.value = records.id_value
    where mentions.person_record_id != records.person_record_id
),

words as (
    select * from named
    union all
    select * from merged
),

final as (
    select
        least(record_a, record_b) as person_record_id_l,
        greatest(record_a, record_b) as person_record_id_r,
        decision,
        word.recorded_at as said_at,
        effective_at,
        source_system,
        max(word) as last_word
    from words
    group by all
),

placed as (
    select
        *,
        split_part(last_word.record, ':', 1) as file_sha256,
        min(file_sha256) over moment != max(file_sha256) over moment as is_of_several_files
    from final
    window moment as (partition by person_record_id_l, person_record_id_r, last_word.recorded_at, last_word.received_at)
)

select
    * exclude (last_word, file_sha256, is_of_several_files),
    row_number() over (
        partition by person_record_id_l, person_record_id_r
        order by
            last_word.recorded_at desc,
            last_word.received_at desc,
            is_of_several_files and decision = 'do not link' desc,
            last_word desc,
            decision = 'do not link' desc
    ) = 1 as is_in_force,
    bool_or(decision = 'do not link') over (partition by person_record_id_l, person_record_id_r) as is_disputed
from placed
