with observations as (
    select
        patient_id,
        code,
        value_quantity,
        effective_at_precision,
        {{ local_date('effective_at', 'effective_at_precision') }} as measured_date,
        source_systems
    from {{ ref('observation') }}
    where
        patient_id is not null
        and code in ('41950-7', '55423-8', '40443-4')
        and value_quantity is not null
        and not is_implausible
        and status in ('final', 'amended', 'corrected', 'preliminary')
),

-- One value a day. A device's total of the day outranks the sum of its parts, which may overlap; a
-- day that was told twice (two devices) counts once, with the larger total.
days as (
    select
        patient_id,
        measured_date,
        coalesce(
            max(value_quantity) filter (where code != '40443-4' and effective_at_precision = 'day'),
            sum(value_quantity) filter (where code != '40443-4')
        ) as steps,
        avg(value_quantity) filter (where code = '40443-4') as resting_heart_rate,
        list(source_systems) as source_systems
    from observations
    where {{ in_look_back('measured_date', 30, 'day') }}
    group by patient_id, measured_date
)

select
    patient_id,
    avg(steps) as mean_daily_steps_30d,
    count(steps) as step_day_count_30d,
    avg(resting_heart_rate) as mean_resting_heart_rate_30d,
    max(measured_date) as last_wearable_date,
    list_sort(list_distinct(flatten(flatten(list(source_systems))))) as source_systems
from days
group by patient_id
