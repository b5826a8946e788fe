{{ config(materialized='view') }}
-- noqa: disable=LT02

-- Garmin Connect, as its pages and exports read it: days with lists [moment, value, …] whose moments are milliseconds since
-- 1970 or GMT text, nights, measurements and activities.
-- Scores that are Garmin's own (stress) have its code; body battery and its like stay in bronze.
{%- set arrays = {
    'heartRateValues': ('heart_rate', '/min', 0), 'respirationValuesArray': ('respiratory_rate', '/min', 0),
    'stressValuesArray': ('stress_level', '{score}', -0.5), 'spO2HourlyAverages': ('oxygen_saturation', '%', 0),
} %}
{%- set day_values = garmin_day_values() %}
{%- set night_values = garmin_night_values() %}
{%- set activity_values = garmin_activity_values() %}
{%- set scale_values = garmin_scale_values() %}
with payloads as (
    select * from {{ ref('stg_wearables__vendor_payloads') }}
    where vendor = 'garmin'
),

-- [moment, value]: what is below the least stands for "not measured".
sampled as (
    {%- for list, (measure, unit, least) in arrays.items() %}
    {{ payload_items('$.' ~ list ~ '[*]', list, {'measure': "'" ~ measure ~ "'", 'unit': "'" ~ unit ~ "'", 'least': least ~ "::double"}) }}
    union all
    {%- endfor %}
    {{ payload_items('$.hrvReadings[*]', 'hrvReadings', {'measure': "'heart_rate_variability_rmssd'", 'unit': "'ms'", 'least': '0::double'}) }}
    union all
    {{ payload_items('$.floorValuesArray[*]', 'floorsAscended', {'measure': "'floors_climbed'", 'unit': "'{flights}'", 'least': '-0.5::double'}) }}
    union all
    {{ payload_items('$.floorValuesArray[*]', 'floorsDescended', {'measure': "'floors_descended'", 'unit': "'{flights}'", 'least': '-0.5::double'}) }}
),

sampled_values as (
    select
        *,
        coalesce(item ->> '$[0]', (item ->> '$.readingTimeGMT')) as moment_text,
        case item_list
            when 'floorsAscended' then (item ->> '$[2]')
            when 'floorsDescended' then (item ->> '$[3]')
            when 'hrvReadings' then (item ->> '$.hrvValue')
            else (item ->> '$[1]')
        end as number_text
    from sampled
),

by_sample as (
    select
        {{ payload_columns() }},
        item_list,
        item_number,
        null::varchar as item_key,
        {{ garmin_moment('moment_text') }} as start_at,
        case when item_list in ('floorsAscended', 'floorsDescended') then {{ garmin_moment("(item ->> '$[1]')") }} end as end_at,
        'second' as time_precision,
        null::varchar as device,
        [{
            'local_code': item_list, 'measure': measure, 'original_value': case when try_cast(number_text as double) > least then number_text end,
            'unit': unit, 'value_text': null::varchar, 'note': null::varchar
        }] as said
    from sampled_values
),

-- A day of Connect, by its calendar date.
days as (
    select
        {{ payload_columns() }},
        'day' as item_list,
        document as item,
        1 as item_number,
        coalesce(document ->> '$.calendarDate', (document ->> '$.hrvSummary.calendarDate')) as day
    from payloads
    where
        not json_exists(document, '$.dailySleepDTO') and not json_exists(document, '$.startTimeInSeconds')
        and not json_exists(document, '$.measurementTimeInSeconds')
),

-- {"metricsMap": {"WELLNESS_RESTING_HEART_RATE": [{"value": …, "calendarDate": …}]}}
metrics as (
    select
        * exclude (document),
        document -> ('$.allMetrics.metricsMap."' || metric || '"') as listed
    from (
        select
            *,
            unnest(json_keys(document, '$.allMetrics.metricsMap')) as metric
        from payloads
        where json_type(document, '$.allMetrics.metricsMap') = 'OBJECT'
    ) as named
),

metric_days as (
    select
        {{ payload_columns() }},
        metric as item_list,
        unnest(json_extract(listed, '$[*]')) as item,
        generate_subscripts(json_extract(listed, '$[*]'), 1) as item_number
    from metrics
),

by_day as (
    select
        {{ payload_columns() }},
        item_list,
        item_number,
        null::varchar as item_key,
        try_strptime(day, '%Y-%m-%d') as start_at,
        null::timestamp as end_at,
        'day' as time_precision,
        null::varchar as device,
        {{ vendor_values(day_values) }} as said
    from days
    union all by name
    select
        {{ payload_columns() }},
        item_list,
        item_number,
        null::varchar as item_key,
        try_strptime(item ->> '$.calendarDate', '%Y-%m-%d') as start_at,
        null::timestamp as end_at,
        'day' as time_precision,
        null::varchar as device,
        [{
            'local_code': item_list,
            'measure': case item_list when 'WELLNESS_RESTING_HEART_RATE' then 'resting_heart_rate' else lower(item_list) end,
            'original_value': (item ->> '$.value'),
            'unit': case item_list when 'WELLNESS_RESTING_HEART_RATE' then '/min' end,
            'value_text': null::varchar, 'note': null::varchar
        }] as said
    from metric_days
),

nights as (
    select
        {{ payload_columns() }},
        'sleep' as item_list,
        1 as item_number,
        (document ->> '$.dailySleepDTO.id') as item_key,
        {{ garmin_moment("(document ->> '$.dailySleepDTO.sleepStartTimestampGMT')") }} as start_at,
        {{ garmin_moment("(document ->> '$.dailySleepDTO.sleepEndTimestampGMT')") }} as end_at,
        'second' as time_precision,
        null::varchar as device,
        (document -> '$.dailySleepDTO') as item,
        try_strptime(document ->> '$.dailySleepDTO.calendarDate', '%Y-%m-%d') as day_at,
        (document ->> '$.restingHeartRate') as resting
    from payloads
    where json_exists(document, '$.dailySleepDTO')
),

by_night as (
    select
        * exclude (item, day_at, resting),
        {{ vendor_values(night_values) }} as said
    from nights
    union all by name
    select
        * exclude (item, day_at, resting) replace (day_at as start_at, null::timestamp as end_at, 'day' as time_precision, null::varchar as item_key, 2 as item_number),
        [{{ vendor_value('restingHeartRate', 'resting_heart_rate', "'/min'", value='resting') }}] as said
    from nights
),

-- Blood pressure, scales, activities, steps of a quarter of an hour.
listed as (
    {{ payload_items('$.measurementSummaries[*].measurements[*]', 'measurements') }}
    union all
    {{ payload_items('$.dateWeightList[*]', 'dateWeightList') }}
    union all
    select
        {{ payload_columns() }},
        case when json_exists(document, '$.startGMT') then 'steps' else 'activity' end as item_list,
        document as item,
        1 as item_number
    from payloads
    where json_exists(document, '$.startTimeGMT') or json_exists(document, '$.startGMT')
),

by_item as (
    select
        {{ payload_columns() }},
        item_list,
        item_number,
        coalesce(item ->> '$.activityId', (item ->> '$.samplePk')) as item_key,
        {{ garmin_moment("coalesce(item ->> '$.measurementTimestampGMT', (item ->> '$.timestampGMT'), (item ->> '$.startTimeGMT'), (item ->> '$.startGMT'), (item ->> '$.date'))") }} as start_at,
        coalesce(
            {{ garmin_moment("(item ->> '$.endGMT')") }},
            {{ garmin_moment("(item ->> '$.startTimeGMT')") }} + {{ duration_of("(item ->> '$.duration')") }}
        ) as end_at,
        'second' as time_precision,
        (item ->> '$.sourceType') as device,
        case item_list
            when 'measurements' then {{ vendor_values([
                ('systolic', 'systolic_blood_pressure', "'mm[Hg]'"), ('diastolic', 'diastolic_blood_pressure', "'mm[Hg]'"), ('pulse', 'heart_rate', "'/min'"),
            ]) }}
            when 'dateWeightList' then {{ vendor_values(scale_values) }}
            when 'steps' then {{ vendor_values([('steps', 'step_count', "'{steps}'")]) }}
            else list_concat([{{ vendor_text('activityType', 'activity_name', "coalesce(item ->> '$.activityType.typeKey', (item ->> '$.activityName'))") }}], {{ vendor_values(activity_values) }})
        end as said
    from listed
),

items as (
    select * from by_sample
    union all by name
    select * from by_day
    union all by name
    select * from by_night
    union all by name
    select * from by_item
),

dated as (
    select
        *,
        null::timestamp as said_at
    from items
)

{{ vendor_statements('garmin', 'dated') }}
