{{ config(materialized='view') }}
-- noqa: disable=LT02

-- RunKeeper Health Graph: pages of fitness activities (`start_time` on the wall clock, `utc_offset` in hours), weight, sleep
-- and general measurements.
with payloads as (
    select * from {{ ref('stg_wearables__vendor_payloads') }}
    where vendor = 'runkeeper'
),

listed as (
    {{ payload_items('$.items[*]', 'items') }}
),

timed as (
    select
        *,
        try_strptime(coalesce(item ->> '$.start_time', (item ->> '$.timestamp')), '%a, %d %b %Y %H:%M:%S') as local_time,
        {{ offset_minutes("(item ->> '$.utc_offset')") }} as utc_offset
    from listed
),

placed as (
    select
        *,
        {{ local_moment('local_time', 'utc_offset') }} as start_at
    from timed
),

items as (
    select
        *,
        (item ->> '$.uri') as item_key,
        start_at + coalesce({{ duration_of("(item ->> '$.duration')") }}, {{ duration_of("(item ->> '$.total_sleep')", 60) }}) as end_at,
        'second' as time_precision,
        null::timestamp as said_at,
        (item ->> '$.source') as device,
        list_concat([{{ vendor_text('type', 'activity_name') }}], {{ vendor_values([
            ('total_distance', 'distance', "'m'"), ('duration', 'exercise_duration', "'s'"), ('total_calories', 'calories_burned', "'kcal'"),
            ('average_heart_rate', 'heart_rate', "'/min'", none, 'average'), ('climb', 'elevation_gain', "'m'"),
            ('weight', 'body_weight', "'kg'"), ('fat_percent', 'body_fat_percentage', "'%'"), ('bmi', 'body_mass_index', "'kg/m2'"),
            ('mass_weight', 'lean_body_mass', "'kg'"), ('free_mass', 'lean_body_mass', "'kg'"),
            ('total_sleep', 'sleep_duration', "'min'"), ('light', 'light_sleep_duration', "'min'"), ('deep', 'deep_sleep_duration', "'min'"),
            ('rem', 'rem_sleep_duration', "'min'"), ('awake', 'wake_duration', "'min'"), ('times_woken', 'awakenings', "'{count}'"),
            ('systolic', 'systolic_blood_pressure', "'mm[Hg]'"), ('diastolic', 'diastolic_blood_pressure', "'mm[Hg]'"),
            ('resting_heartrate', 'resting_heart_rate', "'/min'"),
        ]) }}) as said
    from placed
)

{{ vendor_statements('runkeeper') }}
