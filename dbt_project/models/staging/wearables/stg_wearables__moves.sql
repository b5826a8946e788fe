{{ config(materialized='view') }}
-- noqa: disable=LT02

-- Moves API (daily activities, storyline): the episodes of a day's segments, and the day's sums. What the user added by hand
-- has no time of its own: its day is known. Tracks and places stay in bronze.
with payloads as (
    select * from {{ ref('stg_wearables__vendor_payloads') }}
    where vendor = 'moves'
),

listed as (
    {{ payload_items('$.segments[*].activities[*]', 'activities', {'day': "(document ->> '$.date')", 'changed': "(document ->> '$.lastUpdate')"}) }}
    union all
    {{ payload_items('$.summary[*]', 'summary', {'day': "(document ->> '$.date')", 'changed': "(document ->> '$.lastUpdate')"}) }}
    union all
    select
        {{ payload_columns() }},
        (document ->> '$.date') as day,
        (document ->> '$.lastUpdate') as changed,
        'day' as item_list,
        document as item,
        1 as item_number
    from payloads
),

started as (
    select
        *,
        -- What one rode in is no exercise.
        (item ->> '$.group') = 'transport' or (item ->> '$.activity') in (
            'transport', 'car', 'bus', 'train', 'tram', 'underground', 'ferry', 'boat', 'airplane', 'escalator', 'elevator', 'funicular'
        ) as is_ride,
        case when item_list = 'activities' then (item ->> '$.startTime') end as start_text,
        case when item_list = 'activities' then (item ->> '$.endTime') end as end_text
    from listed
),

items as (
    select
        *,
        null::varchar as item_key,
        coalesce({{ written_moment('start_text') }}, try_strptime(replace(day, '-', ''), '%Y%m%d')) as start_at,
        {{ written_moment('end_text') }} as end_at,
        case when start_text is null then 'day' else 'second' end as time_precision,
        {{ written_moment('changed') }} as said_at,
        null::varchar as device,
        case
            when is_ride then [{{ vendor_text('activity', 'ride') }}] || {{ vendor_values([
                ('duration', 'ride_duration', "'s'"), ('distance', 'ride_distance', "'m'"),
            ]) }}
            when item_list = 'activities' then list_concat([{{ vendor_text('activity', 'activity_name') }}], {{ vendor_values([
                ('duration', 'exercise_duration', "'s'"), ('distance', 'distance', "'m'"), ('steps', 'step_count', "'{steps}'"),
                ('calories', 'active_calories', "'kcal'"),
            ]) }})
            when item_list = 'summary' then [
                {%- for member, measure, unit in [
                    ('duration', 'exercise_duration', 's'), ('distance', 'distance', 'm'), ('steps', 'step_count', '{steps}'),
                    ('calories', 'active_calories', 'kcal'),
                ] %}
                {{ vendor_value("'" ~ member ~ " ' || coalesce(item ->> '$.activity', (item ->> '$.group'), '')", measure, "'" ~ unit ~ "'",
                    value="(item ->> '$." ~ member ~ "')", note="'sum of the day: ' || (item ->> '$.activity')", is_expression=true) }}{{ ',' if not loop.last }}
                {%- endfor %}
            ]
            else {{ vendor_values([('caloriesIdle', 'idle_calories', "'kcal'")]) }}
        end as said
    from started
)

{{ vendor_statements('moves') }}
