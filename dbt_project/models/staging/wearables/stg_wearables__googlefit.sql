{{ config(materialized='view') }}
-- noqa: disable=LT02

-- Google Fit: points of a dataset (users.dataSources.datasets), of an aggregate's buckets and of an export (Takeout, whose
-- values are wrapped), and sessions. A point's data type says what its values are, by their place; times are nanoseconds
-- since 1970. A data type that is not here keeps its name as code. Locations stay in bronze.
{%- set types = googlefit_types() %}
{%- set activities = googlefit_activities() %}
{#- Sleep by a number of activity.segment, and of sleep.segment. #}
{%- set sleeps = googlefit_sleeps() %}
{%- set value = {'fpVal': 'VARCHAR', 'intVal': 'VARCHAR', 'stringVal': 'VARCHAR'} %}
{%- set point = {
    'dataTypeName': 'VARCHAR', 'startTimeNanos': 'VARCHAR', 'endTimeNanos': 'VARCHAR', 'modifiedTimeMillis': 'VARCHAR',
    'modifiedTime': 'VARCHAR', 'originDataSourceId': 'VARCHAR', 'value': [value], 'fitValue': [{'value': value}],
} %}
{%- set session_names -%}
    {% for kind, name in activities.items() %} when '{{ kind }}' then '{{ name }}'{% endfor %}
{%- endset %}
with payloads as (
    select * from {{ ref('stg_wearables__vendor_payloads') }}
    where vendor = 'googlefit'
),

points as (
    {{ payload_items('$.point[*]', 'point') }}
    union all
    {{ payload_items('$.bucket[*].dataset[*].point[*]', 'bucket') }}
    union all
    {{ payload_items('$."Data Points"[*]', 'Data Points') }}
),

-- What a data type's value means, by its place.
types as (
    {%- for type, values in types.items() %}
    {%- set last_type = loop.last %}
    {%- for value in values %}
    select
        '{{ type }}' as data_type,
        {{ loop.index }} as place,
        '{{ value[0] }}' as measure,
        '{{ value[1] }}' as unit,
        {{ "'descriptive statistic: " ~ value[2] ~ "'" if value | length > 2 else 'null' }} as note
    {{ 'union all' if not (last_type and loop.last) }}
    {%- endfor %}
    {%- endfor %}
),

segments as (
    {%- for name, measure in sleeps.items() %}
    select
        '{{ name }}' as segment,
        '{{ measure }}' as sleep,
        null as activity
    union all
    {%- endfor %}
    {%- for kind, name in activities.items() if kind != 112 %}
    select
        'activity.segment {{ kind }}' as segment,
        null as sleep,
        '{{ name }}' as activity
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

typed as (
    select
        * exclude (item),
        -- Each point is read once: a year of minutes is half a million.
        json_transform(item, '{{ point | tojson }}') as point
    from points
),

placed as (
    select
        * exclude (point),
        point."dataTypeName" as type_name,
        regexp_replace(point."dataTypeName", '^com[.]google[.]', '') as data_type,
        {{ nanosecond_moment('point."startTimeNanos"') }} as start_at,
        {{ nanosecond_moment('point."endTimeNanos"') }} as end_at,
        {{ epoch_moment('try_cast(coalesce(point."modifiedTimeMillis", point."modifiedTime") as double) / 1000') }} as said_at,
        nullif(split_part(coalesce(point."originDataSourceId", ''), ':', 3), '') as device,
        unnest(coalesce(point.value, list_transform(point."fitValue", lambda x: x.value))) as placed_value,
        generate_subscripts(coalesce(point.value, list_transform(point."fitValue", lambda x: x.value)), 1) as place
    from typed
    where point."dataTypeName" not like 'com.google.location.%'
),

valued as (
    select
        placed.*,
        coalesce(placed.placed_value."fpVal", placed.placed_value."intVal") as number_text,
        types.measure,
        types.unit,
        types.note,
        segments.sleep,
        coalesce(
            segments.activity,
            case when placed.data_type = 'activity.segment' and segments.sleep is null then 'activity ' || placed.placed_value."intVal" end
        ) as activity
    from placed
    left join types on placed.data_type = types.data_type and placed.place = types.place
    left join segments on placed.data_type || ' ' || placed.placed_value."intVal" = segments.segment
),

measured as (
    select
        {{ payload_columns() }},
        item_list,
        item_number,
        null::varchar as item_key,
        start_at,
        end_at,
        'millisecond' as time_precision,
        said_at,
        device,
        [{
            'local_code': type_name || case when place > 1 then ' ' || place else '' end,
            'measure': case
                when sleep is not null then sleep
                -- Sitting in a car or still is no exercise.
                when activity is not null and number_text in ('0', '3', '4', '5', '117', '118') then 'activity_segment'
                when activity is not null then 'activity_name'
                else coalesce(measure, data_type || case when place > 1 then ' ' || place else '' end)
            end,
            'original_value': case
                when sleep is not null then (date_diff('millisecond', start_at, end_at) / 1000)::varchar
                when activity is null then number_text
            end,
            'unit': case when sleep is not null then 's' else unit end,
            'value_text': case when sleep is null then coalesce(activity, placed_value."stringVal") end,
            'note': note::varchar
        }] as said
    from valued
),

sessions as (
    {{ payload_items('$.session[*]', 'session') }}
),

held as (
    select
        {{ payload_columns() }},
        item_list,
        item_number,
        (item ->> '$.id') as item_key,
        {{ epoch_moment("try_cast(item ->> '$.startTimeMillis' as double) / 1000") }} as start_at,
        {{ epoch_moment("try_cast(item ->> '$.endTimeMillis' as double) / 1000") }} as end_at,
        'millisecond' as time_precision,
        {{ epoch_moment("try_cast(item ->> '$.modifiedTimeMillis' as double) / 1000") }} as said_at,
        (item ->> '$.application.packageName') as device,
        case
            when (item ->> '$.activityType') in ('72', '109', '110', '111') then [
                {{ vendor_value(
                    'session', 'sleep_duration', "'s'",
                    "((try_cast(item ->> '$.endTimeMillis' as bigint) - try_cast(item ->> '$.startTimeMillis' as bigint)) / 1000)::varchar"
                ) }}
            ]
            else [
                {{ vendor_text('session', 'activity_name', "coalesce(case (item ->> '$.activityType') " ~ session_names ~ " end, (item ->> '$.name'))") }},
                {{ vendor_value('activeTimeMillis', 'exercise_duration', "'ms'") }}
            ]
        end as said
    from sessions
),

items as (
    select * from measured
    union all by name
    select * from held
)

{{ vendor_statements('googlefit') }}
