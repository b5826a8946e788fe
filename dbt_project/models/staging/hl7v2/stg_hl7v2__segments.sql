{{ config(materialized='view') }}

-- A window on every segment, Z segments too, for exploring and for what has no model of its own.
-- Nothing is copied: the typed models read bronze themselves, which is faster than writing this down.
with messages as (
    {{ hl7v2_messages('source') }}
),

segments as (
    select
        * exclude (segment_texts),
        unnest(segment_texts) as segment_text,
        generate_subscripts(segment_texts, 1) as segment_index
    from messages
    where file_sha256 in (select landed.file_sha256 from {{ ref('stg_hl7v2__messages') }} as landed)
),

split as (
    select
        * exclude (segment_text),
        left(segment_text, 3) as segment_id,
        case
            when left(segment_text, 3) = 'MSH' then list_concat(['MSH', '|'], string_split(segment_text, '|')[2:])
            else string_split(segment_text, '|')
        end as fields
    from segments
    where segment_text <> ''
)

select * from split
