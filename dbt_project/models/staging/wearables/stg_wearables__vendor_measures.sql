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
    statements.* exclude (payload_user_id, time_zone),
    coalesce(files.device_user_id, statements.payload_user_id) as device_user_id
from statements
left join {{ ref('stg_wearables__vendor_files') }} as files
    on statements.source_system = files.source_system and statements.file_sha256 = files.file_sha256
