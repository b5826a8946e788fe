{{ config(materialized='view') }}
-- noqa: disable=LT02,LT05

-- Withings API: Measure (value * 10^unit, kinds as numbers), Activity, Intraday activity, Sleep, Sleep summary, Workouts,
-- Heart; and the exports, whose columns name their unit ("Weight (kg)"). Times are seconds since 1970; a day is the user's.
-- A group of category 2 holds what the user aims at, which nobody measured.
{%- set kinds = withings_kinds() %}
{%- set day_values = withings_day_values() %}
{%- set minute_values = withings_minute_values() %}
{%- set night_values = withings_night_values() %}
{%- set workouts = withings_workouts() %}
{%- set workout -%}
    case (item ->> '$.category'){% for kind, name in workouts.items() %} when '{{ kind }}' then '{{ name }}'{% endfor %} else 'workout ' || (item ->> '$.category') end
{%- endset %}
with payloads as (
    select * from {{ ref('stg_wearables__vendor_payloads') }}
    where vendor = 'withings'
),

groups as (
    {{ payload_items('$.body.measuregrps[*]', 'measuregrps') }}
),

measures as (
    select
        * exclude (item),
        item as measure_group,
        unnest(json_extract(item, '$.measures[*]')) as item
    from groups
    where coalesce(item ->> '$.category', '1') = '1'
),

measured as (
    select
        {{ payload_columns() }},
        item_list,
        item_number,
        (measure_group ->> '$.grpid') as item_key,
        {{ epoch_moment("(measure_group ->> '$.date')") }} as start_at,
        null::timestamp as end_at,
        'second' as time_precision,
        {{ epoch_moment("(measure_group ->> '$.modified')") }} as said_at,
        coalesce('Withings ' || (measure_group ->> '$.model'), (measure_group ->> '$.deviceid')) as device,
        [{
            'local_code': (item ->> '$.type'),
            'measure': case (item ->> '$.type')
                {%- for kind, (measure, unit) in kinds.items() %} when '{{ kind }}' then '{{ measure }}'{% endfor %}
                else 'measure_type_' || (item ->> '$.type')
            end,
            'original_value': (item ->> '$.value') || 'e' || (item ->> '$.unit'),
            'unit': case (item ->> '$.type')
                {%- for kind, (measure, unit) in kinds.items() %} when '{{ kind }}' then '{{ unit }}'{% endfor %}
            end,
            'value_text': null::varchar,
            'note': nullif(measure_group ->> '$.comment', '')
        }] as said
    from measures
),

days as (
    {{ payload_items('$.body.activities[*]', 'days') }}
),

by_day as (
    select
        {{ payload_columns() }},
        item_list,
        item_number,
        null::varchar as item_key,
        try_strptime(item ->> '$.date', '%Y-%m-%d') as start_at,
        null::timestamp as end_at,
        'day' as time_precision,
        {{ epoch_moment("(item ->> '$.modified')") }} as said_at,
        coalesce('Withings ' || (item ->> '$.model'), (item ->> '$.deviceid')) as device,
        {{ vendor_values(day_values) }} as said
    from days
),

-- {"1434758640": {"steps": 21, "duration": 60}}: the moment is the member's name.
moments as (
    select
        *,
        unnest(json_keys(document, '$.body.series')) as moment,
        generate_subscripts(json_keys(document, '$.body.series'), 1) as item_number
    from payloads
    where json_type(document, '$.body.series') = 'OBJECT'
),

minutes as (
    select
        {{ payload_columns() }},
        'intraday' as item_list,
        item_number,
        moment,
        json_extract(document, '/body/series/' || moment) as item
    from moments
),

by_minute as (
    select
        {{ payload_columns() }},
        item_list,
        item_number,
        null::varchar as item_key,
        {{ epoch_moment('moment') }} as start_at,
        {{ epoch_moment("try_cast(moment as double) + try_cast(item ->> '$.duration' as double)") }} as end_at,
        'second' as time_precision,
        null::timestamp as said_at,
        coalesce('Withings ' || (item ->> '$.model'), (item ->> '$.deviceid')) as device,
        {{ vendor_values(minute_values) }} as said
    from minutes
),

series as (
    {{ payload_items('$.body.series[*]', 'series') }}
    where json_type(document, '$.body.series') = 'ARRAY'
),

-- A stretch of one state of sleep, a night, a workout; or a reading of the heart.
episodes as (
    select
        {{ payload_columns() }},
        item_list,
        item_number,
        (item ->> '$.id') as item_key,
        {{ epoch_moment("coalesce(item ->> '$.startdate', (item ->> '$.timestamp'))") }} as start_at,
        {{ epoch_moment("(item ->> '$.enddate')") }} as end_at,
        'second' as time_precision,
        {{ epoch_moment("(item ->> '$.modified')") }} as said_at,
        coalesce('Withings ' || (item ->> '$.model'), (item ->> '$.deviceid')) as device,
        case
            when (item ->> '$.state') is not null then [{
                'local_code': 'state ' || (item ->> '$.state'),
                'measure': case (item ->> '$.state')
                    when '1' then 'light_sleep_duration'
                    when '2' then 'deep_sleep_duration'
                    when '3' then 'rem_sleep_duration'
                    when '0' then 'wake_duration'
                    else 'sleep_duration'
                end,
                'original_value': (try_cast(item ->> '$.enddate' as bigint) - try_cast(item ->> '$.startdate' as bigint))::varchar,
                'unit': 's', 'value_text': null::varchar, 'note': null::varchar
            }]
            when (item ->> '$.timestamp') is not null then {{ vendor_values([
                ('systole', 'systolic_blood_pressure', "'mm[Hg]'", "(item ->> '$.bloodpressure.systole')"),
                ('diastole', 'diastolic_blood_pressure', "'mm[Hg]'", "(item ->> '$.bloodpressure.diastole')"),
                ('heart_rate', 'heart_rate', "'/min'"),
            ]) }}
            else list_concat({{ vendor_values(night_values) }}, [{{ vendor_text('category', 'activity_name', workout) }}])
        end as said
    from series
),

-- A row of an export: its columns name measure and unit, its times are the user's wall clock.
columns as (
    select
        * exclude (document),
        document,
        unnest(list_filter(json_keys(document), lambda x: lower(x) not in ('date', 'datetime', 'comments'))) as column_name,
        unnest(range(len(list_filter(json_keys(document), lambda x: lower(x) not in ('date', 'datetime', 'comments'))))) + 1 as item_number,
        coalesce(document ->> '$.date', (document ->> '$.Date'), (document ->> '$.datetime')) as written_at
    from payloads
    where not list_contains(json_keys(document), 'body')
),

exported as (
    select
        {{ payload_columns() }},
        'export' as item_list,
        item_number,
        null::varchar as item_key,
        {{ written_moment('written_at') }} as start_at,
        null::timestamp as end_at,
        {{ fhir_precision('written_at') }} as time_precision,
        null::timestamp as said_at,
        null::varchar as device,
        [{
            'local_code': trim(regexp_extract(column_name, '^[^(]+')),
            'measure': case lower(trim(regexp_extract(column_name, '^[^(]+')))
                when 'weight' then 'body_weight'
                when 'fat mass' then 'body_fat_mass'
                when 'fat ratio' then 'body_fat_percentage'
                when 'fat free mass' then 'lean_body_mass'
                when 'bone mass' then 'bone_mass'
                when 'muscle mass' then 'muscle_mass'
                when 'hydration' then 'body_water_mass'
                when 'height' then 'body_height'
                when 'heart rate' then 'heart_rate'
                when 'systolic' then 'systolic_blood_pressure'
                when 'diastolic' then 'diastolic_blood_pressure'
                when 'spo2' then 'oxygen_saturation'
                when 'temperature' then 'body_temperature'
                else replace(lower(trim(regexp_extract(column_name, '^[^(]+'))), ' ', '_')
            end,
            'original_value': json_extract_string(document, '/' || replace(replace(column_name, '~', '~0'), '/', '~1')),
            'unit': coalesce(
                case lower(nullif(regexp_extract(column_name, '[(]([^)]*)[)]', 1), ''))
                    when 'lb' then '[lb_av]' when 'lbs' then '[lb_av]' when 'mmhg' then 'mm[Hg]' when 'bpm' then '/min'
                    when '°c' then 'Cel' when '°f' then '[degF]' when 'st' then '[stone_av]' when 'in' then '[in_i]'
                end,
                nullif(regexp_extract(column_name, '[(]([^)]*)[)]', 1), ''),
                case lower(column_name) when 'heart rate' then '/min' when 'systolic' then 'mm[Hg]' when 'diastolic' then 'mm[Hg]' end
            ),
            'value_text': null::varchar,
            'note': nullif(document ->> '$.Comments', '')
        }] as said
    from columns
),

items as (
    select * from measured
    union all by name
    select * from exported
    union all by name
    select * from by_day
    union all by name
    select * from by_minute
    union all by name
    select * from episodes
)

{{ vendor_statements('withings') }}
