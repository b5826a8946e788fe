-- noqa: disable=LT02
{%- set vendors = [
    'apple', 'fitbit', 'fitbit_readings', 'garmin', 'garmin_health', 'googlefit', 'ihealth', 'jawbone', 'misfit', 'moves', 'runkeeper', 'withings',
] %}
with statements as (
    {%- for vendor in vendors %}
    select * from {{ ref('stg_wearables__' ~ vendor) }}
    {{ 'union all by name' if not loop.last }}
    {%- endfor %}
)

-- The folder that a file came in says whose it is; else the payload, where it does.
select
    statements.source_system,
    statements.feed,
    statements.file_sha256,
    statements.record_index,
    statements.source_record_id,
    statements.payload_number,
    statements.received_at,
    statements.vendor,
    statements.item_list,
    statements.item_number,
    statements.item_key,
    statements.local_code,
    statements.measure,
    statements.value,
    statements.original_value,
    statements.unit,
    statements.value_text,
    statements.note,
    statements.start_at,
    statements.end_at,
    statements.time_precision,
    statements.said_at,
    statements.device,
    coalesce(files.device_user_id, statements.payload_user_id) as device_user_id
from statements
left join {{ ref('stg_wearables__vendor_files') }} as files
    on statements.source_system = files.source_system and statements.file_sha256 = files.file_sha256
