{{ config(materialized='view') }}
-- noqa: disable=LT02

-- Fitbit Web API: breathing, variability, oxygen, temperature and fitness, of nights and by the minute; and the account
-- export, whose minutes are {dateTime, value}.
{%- set series = fitbit_series() %}
{%- set series_measure -%}
    case series {%- for key, said in series.items() %} when '{{ key }}' then '{{ said[0] }}'{% endfor %} end
{%- endset %}
{%- set series_unit -%}
    case series {%- for key, said in series.items() %} when '{{ key }}' then '{{ said[1] }}'{% endfor %} end
{%- endset %}
with payloads as (
    select * from {{ ref('stg_wearables__vendor_payloads') }}
    where vendor = 'fitbit'
),

-- {"br": [{"dateTime": …, "value": {…}}]}, the same with `minutes`, and such an element alone (oxygen, the account export).
readings as (
    {%- for list in ['br', 'hrv', 'spo2', 'tempSkin', 'tempCore', 'cardioScore'] %}
    {{ payload_items('$.' ~ list ~ '[*]', list, {'file': 'file_name'}) }}
    union all
    {%- endfor %}
    select
        {{ payload_columns() }},
        file_name as file,
        'value' as item_list,
        document as item,
        1 as item_number
    from payloads
    where (document ->> '$.dateTime') is not null
),

minutely as (
    select
        * exclude (item, item_number),
        unnest(json_extract(item, '$.minutes[*]')) as item,
        item_number * 10000 + generate_subscripts(json_extract(item, '$.minutes[*]'), 1) as item_number
    from readings
),

-- An export's file is named for the measure that its {dateTime, value} leave out: steps-2024-01-02.json.
hinted as (
    select
        *,
        'activities-' || regexp_extract(file, '(?:^|/|_)(steps|distance|floors|elevation|calories)-[0-9]{4}-[0-9]{2}-[0-9]{2}[.]json', 1) as series
    from readings
    union all by name
    select
        *,
        '' as series
    from minutely
),

by_reading as (
    select
        {{ payload_columns() }},
        item_list,
        item_number,
        null::varchar as item_key,
        coalesce(item ->> '$.minute', (item ->> '$.dateTime')) as time_text,
        case when regexp_matches(item ->> '$.dateTime', '^[0-9]{2}/') and {{ series_measure }} is not null then 60 end as lasting,
        null::varchar as device,
        [
            {{ vendor_value('breathingRate', 'respiratory_rate', "'/min'", "(item ->> '$.value.breathingRate')") }},
            {%- for stage in ['full', 'deep', 'rem', 'light'] %}
            {{ vendor_value(
                stage ~ 'SleepSummary.breathingRate', 'respiratory_rate', "'/min'",
                "(item ->> '$.value." ~ stage ~ "SleepSummary.breathingRate')",
                note="'during " ~ ('sleep' if stage == 'full' else stage ~ ' sleep') ~ "'"
            ) }},
            {%- endfor %}
            {{ vendor_value('dailyRmssd', 'heart_rate_variability_rmssd', "'ms'", "(item ->> '$.value.dailyRmssd')") }},
            {{ vendor_value('deepRmssd', 'heart_rate_variability_rmssd', "'ms'", "(item ->> '$.value.deepRmssd')", note="'during deep sleep'") }},
            {{ vendor_value('rmssd', 'heart_rate_variability_rmssd', "'ms'", "(item ->> '$.value.rmssd')") }},
            {{ vendor_value('hf', 'heart_rate_variability_high_frequency', 'null', "(item ->> '$.value.hf')") }},
            {{ vendor_value('lf', 'heart_rate_variability_low_frequency', 'null', "(item ->> '$.value.lf')") }},
            {{ vendor_value('coverage', 'heart_rate_variability_coverage', 'null', "(item ->> '$.value.coverage')") }},
            {{ vendor_value('spo2.avg', 'oxygen_saturation', "'%'", "(item ->> '$.value.avg')", note="'descriptive statistic: average'") }},
            {{ vendor_value('spo2.min', 'oxygen_saturation', "'%'", "(item ->> '$.value.min')", note="'descriptive statistic: minimum'") }},
            {{ vendor_value('spo2.max', 'oxygen_saturation', "'%'", "(item ->> '$.value.max')", note="'descriptive statistic: maximum'") }},
            {{ vendor_value('nightlyRelative', 'skin_temperature_variation', "'Cel'", "(item ->> '$.value.nightlyRelative')") }},
            {{ vendor_value('bpm', 'heart_rate', "'/min'", "(item ->> '$.value.bpm')") }},
            {{ vendor_value('activeZoneMinutes', 'active_zone_duration', "'min'", "(item ->> '$.value.activeZoneMinutes')") }},
            {
                'local_code': case
                    when item_list != 'value' then item_list
                    when (item ->> '$.minute') is not null then 'spo2'
                    when {{ series_measure }} is not null then series
                    else 'value'
                end,
                'measure': case
                    when item_list = 'tempCore' then 'body_temperature'
                    when item_list = 'spo2' or item_list = 'value' and (item ->> '$.minute') is not null then 'oxygen_saturation'
                    else coalesce({{ series_measure }}, case when item_list = 'value' then 'unnamed_value' else item_list end)
                end,
                'original_value': case when json_type(item, '$.value') not in ('OBJECT', 'ARRAY') then (item ->> '$.value') end,
                'unit': case
                    when item_list = 'tempCore' then 'Cel'
                    when item_list = 'spo2' or item_list = 'value' and (item ->> '$.minute') is not null then '%'
                    else {{ series_unit }}
                end,
                'value_text': null::varchar, 'note': null::varchar
            },
            {{ vendor_text('vo2Max', 'vo2_max', "(item ->> '$.value.vo2Max')") }}
        ] as said
    from hinted
),

{{ fitbit_times('by_reading') }}

{{ vendor_statements('fitbit') }}
