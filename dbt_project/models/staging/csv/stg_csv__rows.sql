{{ config(materialized='incremental', incremental_strategy='append') }}

with records as (
    select
        *,
        rtrim(record_text, chr(10) || chr(13)) as row_text,
        left(delimiters, 1) as delimiter,
        substr(delimiters, 2, 1) as quote
    from {{ new_bronze_records('csv') }}
    where header is not null
),

feeds as (
    select * from {{ source('ingest', 'feeds') }}
)

select
    records.source_system,
    records.feed,
    records.file_sha256,
    records.record_index,
    records.file_sha256 || ':' || records.record_index as source_record_id,
    records.received_at,
    records.file_name,
    coalesce(feeds.time_zone, 'UTC') as time_zone,
    string_split(records.header, chr(31)) as column_names,
    {{ csv_fields('records.row_text', 'records.delimiter', 'records.quote') }} as fields
from records
left join feeds
    on records.source_system = feeds.source_system and records.feed = feeds.feed
