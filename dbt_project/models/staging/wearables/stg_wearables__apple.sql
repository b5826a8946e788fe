{{ config(materialized='view') }}
-- noqa: disable=LT02

-- Apple HealthKit as JSON: samples (`type` HKQuantityTypeIdentifier…, `unit`, `value`, `startDate`), and the exports by metric
-- that apps write ({"data": {"metrics": [{"name", "units", "data": [{"date", "qty"}]}], "workouts": […]}}). Percentages of
-- samples are shares of one.
{%- set kinds = {
    'heart_rate': ('HeartRate', 'heart_rate'), 'resting_heart_rate': ('RestingHeartRate', 'resting_heart_rate'),
    'heart_rate_variability': ('HeartRateVariabilitySDNN', 'heart_rate_variability_sdnn'),
    'blood_pressure_systolic': ('BloodPressureSystolic', 'systolic_blood_pressure'),
    'blood_pressure_diastolic': ('BloodPressureDiastolic', 'diastolic_blood_pressure'),
    'weight_body_mass': ('BodyMass', 'body_weight'), 'height': ('Height', 'body_height'), 'body_mass_index': ('BodyMassIndex', 'body_mass_index'),
    'body_fat_percentage': ('BodyFatPercentage', 'body_fat_percentage'), 'lean_body_mass': ('LeanBodyMass', 'lean_body_mass'),
    'waist_circumference': ('WaistCircumference', 'waist_circumference'), 'body_temperature': ('BodyTemperature', 'body_temperature'),
    'respiratory_rate': ('RespiratoryRate', 'respiratory_rate'), 'blood_oxygen_saturation': ('OxygenSaturation', 'oxygen_saturation'),
    'blood_glucose': ('BloodGlucose', 'blood_glucose'), 'step_count': ('StepCount', 'step_count'),
    'walking_running_distance': ('DistanceWalkingRunning', 'distance'), 'active_energy': ('ActiveEnergyBurned', 'active_calories'),
    'basal_energy_burned': ('BasalEnergyBurned', 'basal_calories'), 'flights_climbed': ('FlightsClimbed', 'floors_climbed'),
    'apple_exercise_time': ('AppleExerciseTime', 'exercise_duration'), 'vo2_max': ('VO2Max', 'vo2_max'),
} %}
with payloads as (
    select * from {{ ref('stg_wearables__vendor_payloads') }}
    where vendor = 'apple'
),

metrics as (
    {{ payload_items('$.data.metrics[*]', 'metrics') }}
),

readings as (
    select
        {{ payload_columns() }},
        'metrics' as item_list,
        (item ->> '$.name') as metric,
        (item ->> '$.units') as units,
        unnest(json_extract(item, '$.data[*]')) as item,
        item_number * 1000000 + generate_subscripts(json_extract(item, '$.data[*]'), 1) as item_number
    from metrics
    union all by name
    select
        {{ payload_columns() }},
        'sample' as item_list,
        regexp_replace(document ->> '$.type', '^HK(Quantity|Category)TypeIdentifier', '') as metric,
        (document ->> '$.unit') as units,
        document as item,
        1 as item_number
    from payloads
    where starts_with(document ->> '$.type', 'HK') and (document ->> '$.type') not like '%Workout%'
    union all by name
    {{ payload_items('$.data.workouts[*]', 'workouts', {'metric': "'workout'", 'units': 'null::varchar'}) }}
    union all by name
    select
        {{ payload_columns() }},
        'workouts' as item_list,
        'workout' as metric,
        null::varchar as units,
        document as item,
        1 as item_number
    from payloads
    where (document ->> '$.type') like 'HKWorkout%'
),

timed as (
    select
        *,
        coalesce(item ->> '$.startDate', (item ->> '$.sleepStart'), (item ->> '$.start'), (item ->> '$.date')) as start_text,
        coalesce(item ->> '$.endDate', (item ->> '$.sleepEnd'), (item ->> '$.end')) as end_text,
        case metric
            {%- for name, (identifier, measure) in kinds.items() %}
            when '{{ name }}' then '{{ measure }}'
            {%- if name != identifier %}
            when '{{ identifier }}' then '{{ measure }}'
            {%- endif %}
            {%- endfor %}
            else metric
        end as measure
    from readings
),

measured as (
    select
        *,
        case lower(units)
            when 'count/min' then '/min' when 'bpm' then '/min' when 'mmhg' then 'mm[Hg]' when 'lb' then '[lb_av]' when 'lbs' then '[lb_av]'
            when 'ft' then '[ft_i]' when 'in' then '[in_i]' when 'mi' then '[mi_i]' when 'degf' then '[degF]' when 'degc' then 'Cel'
            when '°f' then '[degF]' when '°c' then 'Cel' when 'count' then case measure when 'step_count' then '{steps}' when 'floors_climbed' then '{flights}' else '{count}' end
            when 'cal' then 'kcal' when 'hr' then 'h' when 'mg/dl' then 'mg/dL' when 'mmol<180.1558800000541>/l' then 'mmol/L' when 'ml/min·kg' then 'mL/kg/min'
            when 'st' then '[stone_av]'
            else units
        end as unit
    from timed
),

items as (
    select
        * exclude (measure, unit),
        (item ->> '$.uuid') as item_key,
        {{ written_moment('start_text') }} as start_at,
        {{ written_moment('end_text') }} as end_at,
        'second' as time_precision,
        {{ written_moment("(item ->> '$.creationDate')") }} as said_at,
        coalesce(item ->> '$.sourceName', (item ->> '$.source')) as device,
        case
            when item_list = 'workouts' then list_concat([{{ vendor_text(
                'workout', 'activity_name',
                "regexp_replace(coalesce(item ->> '$.workoutActivityType', (item ->> '$.name')), '^HKWorkoutActivityType', '')") }}], [
                {{ vendor_value('duration', 'exercise_duration', "coalesce(item ->> '$.durationUnit', 's')") }},
                {{ vendor_value(
                    'distance', 'distance',
                    "case lower(coalesce(item ->> '$.distance.units', (item ->> '$.totalDistanceUnit'))) when 'mi' then"
                    ~ " '[mi_i]' else coalesce(item ->> '$.distance.units', (item ->> '$.totalDistanceUnit')) end",
                    "coalesce(item ->> '$.distance.qty', (item ->> '$.totalDistance'))") }},
                {{ vendor_value('activeEnergyBurned', 'active_calories', "'kcal'", "coalesce(item ->> '$.activeEnergyBurned.qty', (item ->> '$.totalEnergyBurned'))") }}
            ])
            when (item ->> '$.value') like 'HKCategoryValueSleepAnalysis%' then [{
                'local_code': metric || ' ' || replace(item ->> '$.value', 'HKCategoryValueSleepAnalysis', ''),
                'measure': case replace(item ->> '$.value', 'HKCategoryValueSleepAnalysis', '')
                    when 'AsleepCore' then 'light_sleep_duration'
                    when 'AsleepDeep' then 'deep_sleep_duration'
                    when 'AsleepREM' then 'rem_sleep_duration'
                    when 'InBed' then 'time_in_bed'
                    when 'Awake' then 'wake_duration'
                    else 'sleep_duration'
                end,
                'original_value': date_diff('second', {{ written_moment('start_text') }}, {{ written_moment('end_text') }})::varchar,
                'unit': 's', 'value_text': null::varchar, 'note': null::varchar
            }]
            else [
                {
                    'local_code': metric, 'measure': measure,
                    'original_value': case
                        when unit = '%' and item_list = 'sample' and try_cast(item ->> '$.value' as double) <= 1
                            then round(100 * try_cast(item ->> '$.value' as double), 6)::varchar
                        else coalesce(item ->> '$.qty', (item ->> '$.value'))
                    end,
                    'unit': unit, 'value_text': null::varchar, 'note': null::varchar
                },
                {{ vendor_value('systolic', 'systolic_blood_pressure', "'mm[Hg]'") }},
                {{ vendor_value('diastolic', 'diastolic_blood_pressure', "'mm[Hg]'") }},
                {{ vendor_value("metric || ' minimum'", 'heart_rate', 'unit', value="(item ->> '$.Min')", note="'descriptive statistic: minimum'", is_expression=true) }},
                {{ vendor_value("metric || ' average'", 'heart_rate', 'unit', value="(item ->> '$.Avg')", note="'descriptive statistic: average'", is_expression=true) }},
                {{ vendor_value("metric || ' maximum'", 'heart_rate', 'unit', value="(item ->> '$.Max')", note="'descriptive statistic: maximum'", is_expression=true) }},
                {{ vendor_value('totalSleep', 'sleep_duration', "'h'", "coalesce(item ->> '$.totalSleep', (item ->> '$.asleep'))") }},
                {{ vendor_value('deep', 'deep_sleep_duration', "'h'") }},
                {{ vendor_value('core', 'light_sleep_duration', "'h'") }},
                {{ vendor_value('rem', 'rem_sleep_duration', "'h'") }},
                {{ vendor_value('inBed', 'time_in_bed', "'h'") }}
            ]
        end as said
    from measured
)

{{ vendor_statements('apple') }}
