{{ config(materialized='view') }}
-- noqa: disable=LT02

-- Jawbone UP API: body events, heart rates, moves, sleeps and workouts, all as `data.items`; times are seconds since 1970,
-- days are the user's. A workout's `title` names it as the user sees it.
with payloads as (
    select * from {{ ref('stg_wearables__vendor_payloads') }}
    where vendor = 'jawbone'
),

listed as (
    {{ payload_items('$.data.items[*]', 'items') }}
),

kinds as (
    select
        *,
        case
            when (item ->> '$.type') = 'workout' or (item ->> '$.details.time') is not null and (item ->> '$.sub_type') is not null then 'workout'
            when (item ->> '$.details.asleep_time') is not null or (item ->> '$.details.light') is not null then 'sleep'
            when (item ->> '$.details.steps') is not null then 'move'
        end as kind,
        try_strptime(item ->> '$.date', '%Y%m%d') as day_at,
        {{ epoch_moment("(item ->> '$.time_created')") }} as created_at,
        {{ epoch_moment("(item ->> '$.time_completed')") }} as completed_at
    from listed
),

-- Weights are told when they are taken; what one walked is told for the day, as the resting heart rate is.
items as (
    select
        *,
        (item ->> '$.xid') as item_key,
        case
            when kind = 'move' or (item ->> '$.resting_heartrate') is not null then coalesce(day_at, created_at) else created_at
        end as start_at,
        case when kind in ('workout', 'sleep') then completed_at end as end_at,
        case when day_at is not null and (kind = 'move' or (item ->> '$.resting_heartrate') is not null) then 'day' else 'second' end as time_precision,
        {{ epoch_moment("(item ->> '$.time_updated')") }} as said_at,
        null::varchar as device,
        case kind
            when 'workout' then list_concat([{{ vendor_text('title', 'activity_name') }}], {{ vendor_values([
                ('steps', 'step_count', "'{steps}'", "nullif(item ->> '$.details.steps', '0')"),
                ('meters', 'distance', "'m'", "(item ->> '$.details.meters')"),
                ('time', 'exercise_duration', "'s'", "(item ->> '$.details.time')"),
                ('calories', 'active_calories', "'kcal'", "(item ->> '$.details.calories')"),
            ]) }})
            when 'sleep' then {{ vendor_values([
                ('asleep', 'sleep_duration', "'s'", "(try_cast(item ->> '$.details.duration' as bigint) - try_cast(item ->> '$.details.awake' as bigint))::varchar"),
                ('duration', 'time_in_bed', "'s'", "(item ->> '$.details.duration')"),
                ('awake', 'wake_duration', "'s'", "(item ->> '$.details.awake')"),
                ('light', 'light_sleep_duration', "'s'", "nullif(item ->> '$.details.light', '0')"),
                ('sound', 'deep_sleep_duration', "'s'", "nullif(item ->> '$.details.sound', '0')"),
                ('rem', 'rem_sleep_duration', "'s'", "nullif(item ->> '$.details.rem', '0')"),
                ('awakenings', 'awakenings', "'{count}'", "(item ->> '$.details.awakenings')"),
                ('quality', 'sleep_quality', "'{score}'", "(item ->> '$.details.quality')"),
            ]) }}
            when 'move' then {{ vendor_values([
                ('steps', 'step_count', "'{steps}'", "(item ->> '$.details.steps')"),
                ('distance', 'distance', "'m'", "coalesce(item ->> '$.details.distance', (1000 * try_cast(item ->> '$.details.km' as double))::varchar)"),
                ('active_time', 'active_duration', "'s'", "(item ->> '$.details.active_time')"),
                ('inactive_time', 'inactive_duration', "'s'", "(item ->> '$.details.inactive_time')"),
                ('calories', 'active_calories', "'kcal'", "(item ->> '$.details.calories')"),
                ('bmr_day', 'basal_metabolic_rate', "'kcal/d'", "(item ->> '$.details.bmr_day')"),
            ]) }}
            else {{ vendor_values([
                ('weight', 'body_weight', "'kg'"), ('body_fat', 'body_fat_percentage', "'%'", "nullif(item ->> '$.body_fat', '0')"),
                ('bmi', 'body_mass_index', "'kg/m2'", "nullif(item ->> '$.bmi', '0')"),
                ('lean_mass', 'lean_body_mass', "'kg'", "nullif(item ->> '$.lean_mass', '0')"),
                ('waistline', 'waist_circumference', "'cm'", "nullif(item ->> '$.waistline', '0')"),
                ('resting_heartrate', 'resting_heart_rate', "'/min'"),
            ]) }}
        end as said
    from kinds
)

{{ vendor_statements('jawbone') }}
