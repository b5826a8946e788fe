{{ config(materialized='view') }}
-- What a message observes, one row each. The text of a document (MDM) is no observation.
with segments as (
    select
        * exclude (value_codings, performers),
        file_sha256 || ':' || record_index as source_record_id,
        value_codings[1] as value_coding,
        performers[1] as performer,
        value_type in ('TX', 'FT', 'ST') or value_type is null as is_text,
        count(*) over (
            partition by
                file_sha256, record_index, obr_index,
                coalesce(observation_code, observation_display), observation_alternate_code, sub_id
        ) as repeats
    from {{ ref('stg_hl7v2__obx') }}
    where message_type not like 'MDM%' or message_type is null
),

-- A long text comes as several OBX of the same code and sub-id: one observation, its lines in order.
lines as (
    select
        file_sha256,
        record_index,
        min(segment_index) as segment_index,
        string_agg(value_text, chr(10) order by segment_index) as value_text
    from segments
    where repeats > 1 and is_text
    group by
        file_sha256, record_index, obr_index, coalesce(observation_code, observation_display),
        observation_alternate_code, sub_id
),

-- Other repeated values are observations of their own, told apart by their place.
repeated as (
    select
        file_sha256,
        record_index,
        segment_index,
        row_number() over (
            partition by
                file_sha256, record_index, obr_index,
                coalesce(observation_code, observation_display), observation_alternate_code, sub_id
            order by segment_index
        ) as place
    from segments
    where repeats > 1 and not is_text
),

results as (
    select
        segments.* replace (coalesce(lines.value_text, segments.value_text) as value_text),
        concat_ws('#', segments.sub_id, case when repeated.place > 1 then repeated.place end) as place
    from segments
    left join lines
        on
            segments.file_sha256 = lines.file_sha256
            and segments.record_index = lines.record_index
            and segments.segment_index = lines.segment_index
    left join repeated
        on
            segments.file_sha256 = repeated.file_sha256
            and segments.record_index = repeated.record_index
            and segments.segment_index = repeated.segment_index
    where segments.repeats = 1 or not segments.is_text or lines.segment_index is not null
)

select * from results
