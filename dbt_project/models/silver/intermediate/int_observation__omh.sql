-- noqa: disable=LT01, LT02
{{ config(materialized='view') }}
-- LOINC of the Open mHealth measures that have one (each schema of openmhealth.org names its code).
{%- set loinc = {
    'heart_rate': ('8867-4', 'Heart rate', 'vital-signs'),
    'resting_heart_rate': ('40443-4', 'Heart rate, resting', 'vital-signs'),
    'systolic_blood_pressure': ('8480-6', 'Systolic blood pressure', 'vital-signs'),
    'diastolic_blood_pressure': ('8462-4', 'Diastolic blood pressure', 'vital-signs'),
    'body_weight': ('29463-7', 'Body weight', 'vital-signs'),
    'body_height': ('8302-2', 'Body height', 'vital-signs'),
    'body_mass_index': ('39156-5', 'Body mass index', 'vital-signs'),
    'body_fat_percentage': ('41982-0', 'Percentage of body fat', 'vital-signs'),
    'body_temperature': ('8310-5', 'Body temperature', 'vital-signs'),
    'respiratory_rate': ('9279-1', 'Respiratory rate', 'vital-signs'),
    'oxygen_saturation': ('59408-5', 'Oxygen saturation by pulse oximetry', 'vital-signs'),
    'blood_glucose': ('2339-0', 'Glucose in blood', 'laboratory'),
    'step_count': ('55423-8', 'Number of steps', 'activity'),
    'sleep_duration': ('93832-4', 'Sleep duration', 'activity'),
    'total_sleep_time': ('93832-4', 'Sleep duration', 'activity'),
    'kcal_burned': ('41981-2', 'Calories burned', 'activity'),
    'distance': ('55430-3', 'Walking distance', 'activity'),
    'minutes_moderate_activity': ('77592-4', 'Moderate physical activity', 'activity'),
    'activity_name': ('73985-4', 'Exercise activity', 'activity'),
} %}
{%- set ucum = {
    'beats/min': '/min', 'mmHg': 'mm[Hg]', 'lb': '[lb_av]', 'oz': '[oz_av]', 'steps': '{steps}', 'sec': 's', 'd': 'd',
    'F': '[degF]', 'C': 'Cel', 'mi': '[mi_i]', 'in': '[in_i]', 'ft': '[ft_i]', 'yd': '[yd_i]', 'breaths/min': '/min',
    'breath/min': '/min', 'kg/m^2': 'kg/m2', 'ppm': '[ppm]',
} %}
with measures as (
    select * from {{ ref('stg_wearables__omh_measures') }}
),

-- Joined, as a `case` of so many words compares each of them with each row.
known_measures (measure, loinc_code, loinc_display, category) as (
    values
    {%- for name, code in loinc.items() %}
    ('{{ name }}', '{{ code[0] }}', '{{ code[1] }}', '{{ code[2] }}'){{ ',' if not loop.last }}
    {%- endfor %}
),

known_units (unit, ucum_unit) as (
    values
    {%- for name, code in ucum.items() %}
    ('{{ name }}', '{{ code }}'){{ ',' if not loop.last }}
    {%- endfor %}
),

coded as (
    select
        measures.*,
        -- Glucose by substance has its own code.
        case when measures.measure = 'blood_glucose' and measures.unit = 'mmol/L' then '15074-8' else known_measures.loinc_code end as loinc_code,
        known_measures.loinc_display,
        coalesce(known_measures.category, 'activity') as category,
        coalesce(known_units.ucum_unit, measures.unit) as ucum_unit,
        {
            'system': {{ local_system_uri('measures.source_system', "'99OMH'") }},
            'code': measures.measure,
            'display': replace(measures.measure, '_', ' ')
        } as own_coding,
        -- Steps of a whole day, wherever its midnight lies, are the same fact as the vendor's daily row; the day
        -- of the clock change has 23 or 25 hours, and its noon tells which day is meant.
        measures.measure = 'step_count'
        and date_diff('minute', measures.effective_at, measures.effective_end_at) between 1380 and 1500 as is_daily_steps
    from measures
    left join known_measures on measures.measure = known_measures.measure
    left join known_units on measures.unit = known_units.unit
    where
        -- Parts of a statement, not statements of their own.
        measures.measure not in ('latency_to_sleep_onset', 'latency_to_arising', 'number_of_awakenings', 'updatetime', 'count')
        or measures.unit is not null
),

final as (
    select
        source_system,
        feed,
        source_record_id,
        received_at,
        message_at as recorded_at,
        {{ record_order() }} as record_order,
        'WEARABLE' as id_authority,
        device_user_id as id_value,
        '99OMH' as local_system,
        measure as local_code,
        case when loinc_code is null then [own_coding] else [
            {'system': 'http://loinc.org', 'code': loinc_code, 'display': loinc_display}, own_coding
        ] end as codings,
        case
            when is_daily_steps
                then {{ daily_source_key("'55423-8'", '(effective_at + interval 12 hour)::date') }}
            else coalesce(data_point_id, source_record_id) || '|' || measure
        end as source_key,
        category,
        'final' as status,
        case when is_daily_steps then date_trunc('day', effective_at + interval 12 hour) else effective_at end as effective_at,
        case when is_daily_steps then 'day' else effective_at_precision end as effective_at_precision,
        message_at as issued_at,
        case when value_text is null then 'Quantity' else 'string' end as value_type,
        value as value_quantity,
        case when value is not null then coalesce(ucum_unit, case measure when 'step_count' then '{steps}' end) end
            as value_unit,
        value_text,
        coalesce(original_value, value_text) as original_value,
        unit as original_unit,
        'descriptive statistic: ' || descriptive_statistic as note,
        device_name as device
    from coded
    where effective_at is not null and (value is not null or value_text is not null)
)

{{ int_select('observation', 'final', absent=[
    'filler_order_number', 'filler_namespace', 'placer_order_number', 'sub_id', 'report_source_key', 'visit_number',
    'visit_namespace', 'value_code_system', 'value_code', 'value_code_display', 'value_comparator', 'value_at',
    'value_at_precision', 'interpretation', 'reference_low', 'reference_high', 'reference_text', 'practitioner_key',
    'organization_key']) }}
