{{ config(materialized='view') }}
-- noqa: disable=LT02

-- iHealth Open API: a list per kind of measurement, units as numbers, zero for what was not measured. MDate and its like
-- are the wall clock as if it were UTC, to be read with the item's TimeZone; LastChangeTime is UTC.
{%- set pressure = "case unit_code when '1' then 'kPa' else 'mm[Hg]' end" %}
{%- set weight = "case unit_code when '1' then '[lb_av]' when '2' then '[stone_av]' else 'kg' end" %}
{%- set lists = {
    'BPDataList': ('BPUnit', [
        ('HP', 'systolic_blood_pressure', pressure), ('LP', 'diastolic_blood_pressure', pressure), ('HR', 'heart_rate', "'/min'"),
    ]),
    'BGDataList': ('BGUnit', [('BG', 'blood_glucose', "case unit_code when '1' then 'mmol/L' else 'mg/dL' end")]),
    'WeightDataList': ('WeightUnit', [
        ('WeightValue', 'body_weight', weight), ('BMI', 'body_mass_index', "'kg/m2'"), ('FatValue', 'body_fat_percentage', "'%'"),
        ('WaterValue', 'body_water_percentage', "'%'"), ('MuscaleValue', 'muscle_mass', weight),
        ('BoneValue', 'bone_mass', weight), ('DCI', 'daily_calorie_intake', "'kcal'"),
    ]),
    'BODataList': ('BOUnit', [('BO', 'oxygen_saturation', "'%'"), ('HR', 'heart_rate', "'/min'")]),
    'HRDataList': ('HRUnit', [('HR', 'heart_rate', "'/min'")]),
    'TDataList': ('TUnit', [('T', 'body_temperature', "case unit_code when '1' then '[degF]' else 'Cel' end")]),
    'ARDataList': ('DistanceUnit', [
        ('Steps', 'step_count', "'{steps}'"), ('Calories', 'calories_burned', "'kcal'"),
        ('DistanceTraveled', 'distance', "case unit_code when '1' then '[mi_i]' else 'km' end"),
    ]),
    'SPORTDataList': ('SportUnit', [('Calories', 'calories_burned', "'kcal'")]),
    'SportDataList': ('SportUnit', [('Calories', 'calories_burned', "'kcal'")]),
    'SRDataList': ('SRUnit', [
        ('HoursSlept', 'sleep_duration', "'min'"), ('Awaken', 'awakenings', "'{count}'"),
        ('FallSleep', 'sleep_latency', "'min'"), ('SleepEfficiency', 'sleep_efficiency', "'%'"),
    ]),
} %}
with payloads as (
    select * from {{ ref('stg_wearables__vendor_payloads') }}
    where vendor = 'ihealth'
),

listed as (
    {%- for list, (unit, values) in lists.items() %}
    {{ payload_items('$.' ~ list ~ '[*]', list, {'unit_code': "(document ->> '$." ~ unit ~ "')"}) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

timed as (
    select
        *,
        {{ epoch_moment("coalesce(item ->> '$.MDate', (item ->> '$.StartTime'), (item ->> '$.SportStartTime'))") }} as local_start,
        {{ epoch_moment("coalesce(item ->> '$.EndTime', (item ->> '$.SportEndTime'))") }} as local_end,
        {{ offset_minutes("(item ->> '$.TimeZone')") }} as utc_offset
    from listed
),

-- What somebody walked is told for the day.
items as (
    select
        *,
        (item ->> '$.DataID') as item_key,
        case
            when item_list = 'ARDataList' then date_trunc('day', local_start)
            else {{ local_moment('local_start', 'utc_offset') }}
        end as start_at,
        case when item_list != 'ARDataList' then {{ local_moment('local_end', 'utc_offset') }} end as end_at,
        case when item_list = 'ARDataList' then 'day' else 'second' end as time_precision,
        {{ epoch_moment("(item ->> '$.LastChangeTime')") }} as said_at,
        null::varchar as device,
        case item_list
            {%- for list, (unit, values) in lists.items() %}
            when '{{ list }}' then [
                {%- for code, measure, unit in values %}
                {%- set read = "(item ->> '$." ~ code ~ "')" %}
                {{ vendor_value(code, measure, unit, value=(
                    read if measure in ['awakenings', 'sleep_latency', 'sleep_efficiency']
                    else "case when try_cast(" ~ read ~ " as double) > 0 then " ~ read ~ " end"
                ), note="'before or after a meal: ' || replace(item ->> '$.DinnerSituation', '_', ' ')" if measure == 'blood_glucose' else 'null') }},
                {%- endfor %}
                {{ vendor_text('SportName', 'activity_name') }}
            ]
            {%- endfor %}
        end as said
    from timed
)

{{ vendor_statements('ihealth') }}
