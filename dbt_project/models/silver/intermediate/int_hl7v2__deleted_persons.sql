-- A29 deletes a person (3.3.29); any later ADT word on the number says that it is in use again.
-- Read twice: almost no feed deletes anybody, and then nothing of the rest is read.
with words as not materialized (
    select
        pid.source_system,
        named.id_authority,
        named.id_value,
        {{ word_order('pid', place='segment_index') }} as word,
        split_part(pid.message_type, '^', 2) = 'A29' as is_deletion
    from {{ ref('stg_hl7v2__pid') }} as pid
    inner join {{ ref('int_hl7v2__named') }} as named
        on
            pid.file_sha256 = named.file_sha256
            and pid.record_index = named.record_index
            and pid.segment_index = named.pid_index
    where starts_with(pid.message_type, 'ADT') and named.id_value is not null
),

deleted as (
    select distinct
        source_system,
        id_authority,
        id_value
    from words
    where is_deletion
),

final as (
    select
        words.source_system,
        words.id_authority,
        words.id_value
    from words
    inner join deleted
        on
            words.source_system = deleted.source_system
            and words.id_authority = deleted.id_authority
            and words.id_value = deleted.id_value
    group by words.source_system, words.id_authority, words.id_value
    having max_by(words.is_deletion, words.word)
)

select * from final
