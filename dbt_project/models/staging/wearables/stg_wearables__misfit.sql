{{ config(materialized='view') }}
-- noqa: disable=LT02

-- Misfit Cloud API: summaries of days, sessions and sleeps; distances are miles, times have their offset. What is asleep of
-- a sleep is the sum of its stretches that are not awake (value 1), each lasting until the next.
with payloads as (
    select * from {{ ref('stg_wearables__vendor_payloads') }}
    where vendor = 'misfit'
),

listed as (
    {{ payload_items('$.summary[*]', 'summary') }}
    union all
    {{ payload_items('$.sessions[*]', 'sessions') }}
    union all
    {{ payload_items('$.sleeps[*]', 'sleeps') }}
),

started as (
    select
        *,
        (item ->> '$.startTime') as start_text,
        try_cast(item ->> '$.duration' as bigint) as seconds
    from listed
),

timed as (
    select
        *,
        case when item_list = 'summary' then try_strptime(item ->> '$.date', '%Y-%m-%d') else {{ written_moment('start_text') }} end as start_at
    from started
),

slept as (
    select
        source_record_id,
        payload_number,
        item_number,
        generate_subscripts(json_extract(item, '$.sleepDetails[*]'), 1) as stretch,
        unnest(json_extract(item, '$.sleepDetails[*]')) as detail,
        start_at as sleep_start_at,
        start_at + {{ duration_of('seconds') }} as ends_at,
        time_zone
    from timed
    where item_list = 'sleeps'
),

begun as (
    select
        *,
        -- Some stretch begins before the sleep that it is part of.
        greatest({{ written_moment("(detail ->> '$.datetime')") }}, sleep_start_at) as begins_at
    from slept
),

lasting as (
    select
        *,
        date_diff('second', begins_at, coalesce(lead(begins_at) over (
            partition by source_record_id, payload_number, item_number order by stretch
        ), ends_at)) as lasts
    from begun
),

asleep as (
    select
        'sleeps' as item_list,
        source_record_id,
        payload_number,
        item_number,
        sum(lasts) filter (where (detail ->> '$.value') != '1') as asleep,
        sum(lasts) filter (where (detail ->> '$.value') = '1') as awake,
        sum(lasts) filter (where (detail ->> '$.value') = '3') as deep
    from lasting
    where lasts >= 0
    group by source_record_id, payload_number, item_number
),

items as (
    select
        timed.*,
        asleep.asleep,
        asleep.awake,
        asleep.deep,
        (timed.item ->> '$.id') as item_key,
        timed.start_at + {{ duration_of('timed.seconds') }} as end_at,
        case when timed.item_list = 'summary' then 'day' else 'second' end as time_precision,
        null::timestamp as said_at,
        null::varchar as device,
        case timed.item_list
            when 'sleeps' then {{ vendor_values([
                ('asleep', 'sleep_duration', "'s'", 'asleep.asleep::bigint::varchar'),
                ('deep', 'deep_sleep_duration', "'s'", 'asleep.deep::bigint::varchar'),
                ('awake', 'wake_duration', "'s'", 'asleep.awake::bigint::varchar'),
                ('duration', 'time_in_bed', "'s'"),
            ]) }}
            else list_concat([{{ vendor_text('activityType', 'activity_name') }}], {{ vendor_values([
                ('steps', 'step_count', "'{steps}'"), ('distance', 'distance', "'[mi_i]'"), ('calories', 'calories_burned', "'kcal'"),
                ('activityCalories', 'active_calories', "'kcal'"), ('points', 'points', "'{score}'"),
                ('duration', 'exercise_duration', "'s'"),
            ]) }})
        end as said
    from timed
    left join asleep
        on
            timed.source_record_id = asleep.source_record_id
            and timed.payload_number = asleep.payload_number
            and timed.item_number = asleep.item_number
            and timed.item_list = asleep.item_list
)

{{ vendor_statements('misfit') }}
