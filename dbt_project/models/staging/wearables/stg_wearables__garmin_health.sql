{{ config(materialized='view') }}
-- noqa: disable=LT02

-- Garmin Health API: summaries pushed to partners, in lists by kind or one alone; members end in their unit, moments are
-- seconds since 1970. A summary of a whole day is its calendar date's.
{%- set health_values = garmin_health_values() %}
with payloads as (
    select * from {{ ref('stg_wearables__vendor_payloads') }}
    where vendor = 'garmin'
),

pushed as (
    {%- for list in ['dailies', 'epochs', 'sleeps', 'bodyComps', 'stressDetails', 'userMetrics', 'activities', 'bloodPressures', 'hrv'] %}
    {{ payload_items('$.' ~ list ~ '[*]', list) }}
    union all
    {%- endfor %}
    select
        {{ payload_columns() }},
        'summary' as item_list,
        document as item,
        1 as item_number
    from payloads
    where json_exists(document, '$.startTimeInSeconds') or json_exists(document, '$.measurementTimeInSeconds')
),

by_push as (
    select
        {{ payload_columns() }},
        item_list,
        item_number,
        (item ->> '$.summaryId') as item_key,
        {{ epoch_moment("coalesce(item ->> '$.startTimeInSeconds', (item ->> '$.measurementTimeInSeconds'))") }} as moment,
        (item ->> '$.calendarDate') as day,
        try_cast(item ->> '$.durationInSeconds' as bigint) as seconds,
        (item ->> '$.deviceName') as device,
        list_concat(
            {{ vendor_values(health_values) }},
            case
                when (item ->> '$.deepSleepDurationInSeconds') is not null
                    then [{{ vendor_value(
                        'durationInSeconds', 'sleep_duration', "'s'",
                        "(try_cast(item ->> '$.durationInSeconds' as bigint)"
                        ~ " - coalesce(try_cast(item ->> '$.awakeDurationInSeconds' as bigint), 0))::varchar"
                    ) }}]
                when (item ->> '$.activityId') is not null or item_list = 'activities'
                    then [
                        {{ vendor_value('durationInSeconds', 'exercise_duration', "'s'") }}, {{ vendor_text('activityType', 'activity_name', "lower(item ->> '$.activityType')") }}
                    ]
                else []
            end
        ) as said
    from pushed
    where (item ->> '$.startTimeInSeconds') is not null or (item ->> '$.measurementTimeInSeconds') is not null
),

items as (
    select
        * exclude (moment, day, seconds),
        case when seconds >= 86000 and day is not null then try_strptime(day, '%Y-%m-%d') else moment end as start_at,
        case when seconds < 86000 then moment + {{ duration_of('seconds') }} end as end_at,
        case when seconds >= 86000 and day is not null then 'day' else 'second' end as time_precision,
        null::timestamp as said_at
    from by_push
)

{{ vendor_statements('garmin') }}
