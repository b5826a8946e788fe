-- Rates with their Wilson intervals (95 %; Wilson 1927), for all and by what patients have in common.
with populations as (
    select * from {{ ref('measure_populations') }}
),

attributes as (
    select * from {{ ref('int_measure_attributes') }}
),

strata as (
    select
        strata.measure_id,
        patients.patient_id,
        'stratum' as dimension,
        strata.stratum as value
    from {{ ref('measure_strata') }} as strata
    inner join {{ ref('int_measure_patients') }} as patients
        on patients.age_at_end between strata.min_age and strata.max_age
),

members as (
    select
        populations.*,
        attributes.dimension,
        attributes.value
    from populations
    inner join attributes on populations.patient_id = attributes.patient_id
    union all
    select
        populations.*,
        strata.dimension,
        strata.value
    from populations
    inner join strata on populations.patient_id = strata.patient_id and populations.measure_id = strata.measure_id
),

counted as (
    select
        measure_id,
        group_number,
        period_start_date,
        period_end_date,
        dimension,
        value,
        count(*) as initial_population_count,
        count(*) filter (in_denominator) as denominator_count,
        count(*) filter (in_denominator_exclusion) as exclusion_count,
        count(*) filter (in_denominator_exception) as exception_count,
        count(*) filter (in_numerator) as numerator_count,
        count(*) filter (in_denominator and not in_denominator_exclusion and not in_denominator_exception) as performance_count
    from members
    group by measure_id, group_number, period_start_date, period_end_date, dimension, value
),

rated as (
    select
        *,
        numerator_count / nullif(performance_count, 0) as rate,
        1.959964 as z
    from counted
),

final as (
    select
        measure_id,
        group_number,
        period_start_date,
        period_end_date,
        dimension,
        value,
        initial_population_count,
        denominator_count,
        exclusion_count,
        exception_count,
        numerator_count,
        performance_count,
        rate,
        cast(greatest(0, {{ wilson('rate', 'performance_count', 'z', '-') }}) as double) as rate_low,
        cast(least(1, {{ wilson('rate', 'performance_count', 'z', '+') }}) as double) as rate_high,
        -- Fewer than 11 in a cell, or in what a reader could work out from it.
        numerator_count < 11 or performance_count - numerator_count < 11 as is_small_cell
    from rated
)

select * from final
