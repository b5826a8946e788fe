{{ config(materialized='view') }}
-- What a message observes, one row each. The text of a document (MDM) is no observation.
with segments as not materialized (
    select
        * exclude (value_codings, performers),
        file_sha256 || ':' || record_index as source_record_id,
        value_codings[1] as value_coding,
        performers[1] as performer,
        value_type in ('TX', 'FT', 'ST') or value_type is null as is_text,
        coalesce(observation_code, observation_display) as asked
    from {{ ref('stg_hl7v2__obx') }}
    where message_type not like 'MDM%' or message_type is null
),

-- Few questions have several answers within one order: what joins or counts these reads no more than them.
asked_again as (
    select
        file_sha256,
        record_index,
        obr_index,
        asked,
        observation_alternate_code,
        sub_id
    from segments
    group by all
    having count(*) > 1
),

answers as (
    select
        segments.file_sha256,
        segments.record_index,
        segments.segment_index,
        segments.is_text,
        segments.value_text,
        min(segments.segment_index) over kind as first_index,
        row_number() over (kind order by segments.segment_index) as place
    from segments
    inner join asked_again
        on
            segments.file_sha256 = asked_again.file_sha256
            and segments.record_index = asked_again.record_index
            and segments.obr_index is not distinct from asked_again.obr_index
            and segments.asked is not distinct from asked_again.asked
            and segments.observation_alternate_code is not distinct from asked_again.observation_alternate_code
            and segments.sub_id is not distinct from asked_again.sub_id
    window kind as (
        partition by
            segments.file_sha256, segments.record_index, segments.obr_index, segments.asked,
            segments.observation_alternate_code, segments.sub_id, segments.is_text
    )
),

-- A long text comes as several OBX of the same code and sub-id: one observation, its lines in order.
texts as (
    select
        file_sha256,
        record_index,
        first_index,
        string_agg(value_text, chr(10) order by segment_index) as value_text
    from answers
    where is_text
    group by file_sha256, record_index, first_index
),

results as (
    select
        segments.* exclude (asked) replace (coalesce(texts.value_text, segments.value_text) as value_text),
        -- Other repeated values are observations of their own, told apart by their place.
        concat_ws('#', segments.sub_id, case when answers.place > 1 then answers.place end) as place
    from segments
    left join answers
        on
            segments.file_sha256 = answers.file_sha256
            and segments.record_index = answers.record_index
            and segments.segment_index = answers.segment_index
    left join texts
        on
            segments.file_sha256 = texts.file_sha256
            and segments.record_index = texts.record_index
            and segments.segment_index = texts.first_index
    where answers.place is null or answers.place = 1 or not answers.is_text
)

select * from results
