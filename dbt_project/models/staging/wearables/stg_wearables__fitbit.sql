{{ config(materialized='view') }}
-- noqa: disable=LT02

-- Fitbit Web API: time series, intraday series, the summary of a day, logs of activities, body and sleep (1 and 1.2).
-- Units are metric, times the
-- user's wall clock. Goals are aims; sums over the sleeps of one answer repeat its sleeps.
{%- set series = fitbit_series() %}
{%- set series_measure -%}
    case series {%- for key, said in series.items() %} when '{{ key }}' then '{{ said[0] }}'{% endfor %} end
{%- endset %}
{%- set series_unit -%}
    case series {%- for key, said in series.items() %} when '{{ key }}' then '{{ said[1] }}'{% endfor %} end
{%- endset %}
{%- set zones -%}
    flatten(list_transform(coalesce(json_extract(item, '$.heartRateZones[*]'), []) || coalesce(json_extract(item, '$.value.heartRateZones[*]'), []), lambda zone: [
        {'local_code': 'heartRateZones ' || coalesce(zone ->> '$.name', '') || ' minutes', 'measure': 'heart_rate_zone_duration', 'original_value': (zone ->> '$.minutes'), 'unit': 'min', 'value_text': null::varchar, 'note': null::varchar},
        {'local_code': 'heartRateZones ' || coalesce(zone ->> '$.name', '') || ' caloriesOut', 'measure': 'heart_rate_zone_calories', 'original_value': (zone ->> '$.caloriesOut'), 'unit': 'kcal', 'value_text': null::varchar, 'note': null::varchar}
    ]))
{%- endset %}
with payloads as (
    select * from {{ ref('stg_wearables__vendor_payloads') }}
    where vendor = 'fitbit'
),

-- Members by name: "activities-steps", "activities-heart-intraday".
members as (
    select
        * exclude (document, member),
        member,
        document -> ('$."' || member || '"') as listed,
        document ->> ('$."' || regexp_replace(member, '-intraday$', '') || '"[0].dateTime') as day
    from (
        select
            *,
            unnest(list_filter(json_keys(document), lambda x: regexp_matches(x, '^(activities|body|sleep|foods)-'))) as member
        from payloads
    ) as named
),

days as (
    select
        * exclude (listed),
        regexp_replace(member, '^(activities|body|sleep|foods)-(log|tracker)-', '\1-') as series,
        unnest(json_extract(listed, '$[*]')) as item,
        generate_subscripts(json_extract(listed, '$[*]'), 1) as item_number
    from members
    where json_type(listed) = 'ARRAY'
),

by_day as (
    select
        {{ payload_columns() }},
        member as item_list,
        item_number,
        null::varchar as item_key,
        (item ->> '$.dateTime') as time_text,
        null::double as lasting,
        null::varchar as device,
        list_concat([
            {
                'local_code': member, 'measure': coalesce({{ series_measure }}, series), 'original_value': (item ->> '$.value'),
                'unit': {{ series_unit }}, 'value_text': null::varchar,
                'note': case when series = 'activities-heart' then 'descriptive statistic: average' end
            },
            {{ vendor_value('restingHeartRate', 'resting_heart_rate', "'/min'", "(item ->> '$.value.restingHeartRate')") }},
            {{ vendor_value('activeZoneMinutes', 'active_zone_duration', "'min'", "(item ->> '$.value.activeZoneMinutes')") }}
        ], {{ zones }}) as said
    from days
),

intraday as (
    select
        * exclude (listed),
        regexp_replace(member, '-intraday$', '') as series,
        case (listed ->> '$.datasetType') when 'second' then 1 when 'hour' then 3600 else 60 end
        * coalesce(try_cast(listed ->> '$.datasetInterval' as double), 1) as lasting,
        unnest(json_extract(listed, '$.dataset[*]')) as item,
        generate_subscripts(json_extract(listed, '$.dataset[*]'), 1) as item_number
    from members
    where json_type(listed, '$.dataset') = 'ARRAY'
),

by_minute as (
    select
        {{ payload_columns() }},
        member as item_list,
        item_number,
        null::varchar as item_key,
        day || 'T' || (item ->> '$.time') as time_text,
        case when series != 'activities-heart' then lasting end as lasting,
        null::varchar as device,
        [{
            'local_code': member, 'measure': coalesce({{ series_measure }}, series), 'original_value': (item ->> '$.value'),
            'unit': {{ series_unit }}, 'value_text': null::varchar, 'note': null::varchar
        }] as said
    from intraday
),

-- The summary of a day: its date is in the request alone, so that of its activities, or of the file's name, stands for it.
summaries as (
    select
        {{ payload_columns() }},
        'summary' as item_list,
        1 as item_number,
        null::varchar as item_key,
        coalesce(
            left(coalesce(document ->> '$.activities[0].startDate', (document ->> '$.activities[0].originalStartTime')), 10),
            nullif(regexp_extract(file_name, '([12][0-9]{3}-[01][0-9]-[0-3][0-9])[^/]*$', 1), '')
        ) as time_text,
        null::double as lasting,
        null::varchar as device,
        (document -> '$.summary') as item
    from payloads
    where json_type(document, '$.summary') = 'OBJECT' and json_type(document, '$.activities') = 'ARRAY'
),

by_summary as (
    select
        * exclude (item),
        list_concat(
            {{ vendor_values([
                ('steps', 'step_count', "'{steps}'"), ('caloriesOut', 'calories_burned', "'kcal'"),
                ('activityCalories', 'active_calories', "'kcal'"), ('caloriesBMR', 'basal_metabolic_rate', "'kcal/d'"),
                ('marginalCalories', 'marginal_calories', "'kcal'"), ('sedentaryMinutes', 'sedentary_duration', "'min'"),
                ('lightlyActiveMinutes', 'light_activity', "'min'"), ('fairlyActiveMinutes', 'moderate_activity', "'min'"),
                ('veryActiveMinutes', 'vigorous_activity', "'min'"), ('floors', 'floors_climbed', "'{flights}'"),
                ('elevation', 'elevation_gain', "'m'"), ('restingHeartRate', 'resting_heart_rate', "'/min'"),
            ]) }},
            {{ zones }},
            list_transform(coalesce(json_extract(item, '$.distances[*]'), []), lambda one: {
                'local_code': case when (one ->> '$.activity') = 'total' then 'distance' else 'distance ' || (one ->> '$.activity') end,
                'measure': case when (one ->> '$.activity') = 'total' then 'distance' else 'distance_' || (one ->> '$.activity') end,
                'original_value': (one ->> '$.distance'), 'unit': 'km', 'value_text': null::varchar, 'note': null::varchar
            })
        ) as said
    from summaries
),

logged as (
    {{ payload_items('$.activities[*]', 'activities') }}
    union all
    {{ payload_items('$.weight[*]', 'weight') }}
    union all
    {{ payload_items('$.fat[*]', 'fat') }}
    union all
    {{ payload_items('$.sleep[*]', 'sleep') }}
    union all
    select
        {{ payload_columns() }},
        'sleep' as item_list,
        case when json_type(document, '$.sleep') = 'OBJECT' then (document -> '$.sleep') else document end as item,
        1 as item_number
    from payloads
    where json_type(document, '$.sleep') = 'OBJECT' or json_exists(document, '$.logId') and json_exists(document, '$.levels')
),

-- An activity without hasStartTime was put at some time of its day.
by_log as (
    select
        {{ payload_columns() }},
        item_list,
        item_number,
        case when item_list in ('activities', 'sleep') then (item ->> '$.logId') end as item_key,
        case
            when item_list in ('weight', 'fat') then concat_ws('T', (item ->> '$.date'), (item ->> '$.time'))
            when (item ->> '$.hasStartTime') = 'false' then coalesce(item ->> '$.startDate', left(item ->> '$.startTime', 10))
            when (item ->> '$.startDate') is not null then concat_ws('T', (item ->> '$.startDate'), (item ->> '$.startTime'))
            else (item ->> '$.startTime')
        end as time_text,
        try_cast(item ->> '$.duration' as double) / 1000 as lasting,
        coalesce(item ->> '$.source.name', case when json_type(item, '$.source') = 'VARCHAR' then (item ->> '$.source') end) as device,
        case item_list
            when 'activities' then list_concat([{{ vendor_text(
                'name', 'activity_name',
                "coalesce(item ->> '$.activityName', (item ->> '$.name'), (item ->> '$.activityParentName'))") }}], {{ vendor_values([
                ('duration', 'exercise_duration', "'ms'"), ('steps', 'step_count', "'{steps}'"),
                ('distance', 'distance', "case (item ->> '$.distanceUnit') when 'Mile' then '[mi_i]' else 'km' end"),
                ('calories', 'calories_burned', "'kcal'"), ('elevationGain', 'elevation_gain', "'m'"),
                ('averageHeartRate', 'heart_rate', "'/min'", none, 'average'),
            ]) }})
            when 'sleep' then {{ vendor_values([
                ('minutesAsleep', 'sleep_duration', "'min'"), ('timeInBed', 'time_in_bed', "'min'"),
                ('minutesToFallAsleep', 'sleep_latency', "'min'"), ('minutesAwake', 'wake_after_sleep_onset', "'min'"),
                ('minutesAfterWakeup', 'minutes_after_wakeup', "'min'"), ('efficiency', 'sleep_efficiency', "'%'"),
                ('awakeningsCount', 'awakenings', "'{count}'", "coalesce(item ->> '$.awakeningsCount', (item ->> '$.levels.summary.wake.count'))"),
                ('restlessCount', 'restless_count', "'{count}'", "coalesce(item ->> '$.restlessCount', (item ->> '$.levels.summary.restless.count'))"),
                ('deep', 'deep_sleep_duration', "'min'", "(item ->> '$.levels.summary.deep.minutes')"),
                ('light', 'light_sleep_duration', "'min'", "(item ->> '$.levels.summary.light.minutes')"),
                ('rem', 'rem_sleep_duration', "'min'", "(item ->> '$.levels.summary.rem.minutes')"),
            ]) }}
            else {{ vendor_values([
                ('weight', 'body_weight', "'kg'"), ('bmi', 'body_mass_index', "'kg/m2'"), ('fat', 'body_fat_percentage', "'%'"),
            ]) }}
        end as said
    from logged
),

timed as (
    select * from by_day
    union all by name
    select * from by_minute
    union all by name
    select * from by_summary
    union all by name
    select * from by_log
),

{{ fitbit_times('timed') }}

{{ vendor_statements('fitbit') }}
