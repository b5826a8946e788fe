-- Rates with their intervals (95 %), for all and by what patients have in common: of proportions Wilson's (1927), of
-- events per time Byar's approximation to Poisson's (Breslow and Day 1987).
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

exposures as (
    select * from {{ ref('int_measure_exposures') }}
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
        members.measure_id,
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
        count(*) filter (in_denominator and not in_denominator_exclusion and not in_denominator_exception) as performance_count,
        sum(exposures.event_count) filter (in_denominator and not in_denominator_exclusion) as event_count,
        sum(exposures.exposure_days) filter (in_denominator and not in_denominator_exclusion) as exposure_days
    from members
    left join exposures
        on members.measure_id = exposures.measure_id and members.patient_id = exposures.patient_id
    group by members.measure_id, group_number, period_start_date, period_end_date, dimension, value
),

rated as (
    select
        counted.*,
        measures.scoring,
        numerator_count / nullif(performance_count, 0) as proportion,
        1.959964 as z
    from counted
    inner join {{ ref('measures') }} as measures on counted.measure_id = measures.measure_id
),

bounded as (
    select
        *,
        case scoring
            when 'rate' then {{ per_thousand_years('event_count', 'exposure_days') }}
            else proportion
        end as rate,
        case scoring
            when 'rate' then {{ per_thousand_years(byar('event_count', 'z', '-'), 'exposure_days') }}
            else greatest(0, {{ wilson('proportion', 'performance_count', 'z', '-') }})
        end as rate_low,
        case scoring
            when 'rate' then {{ per_thousand_years(byar('event_count', 'z', '+'), 'exposure_days') }}
            else least(1, {{ wilson('proportion', 'performance_count', 'z', '+') }})
        end as rate_high
    from rated
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
        cast(event_count as bigint) as event_count,
        cast(exposure_days as bigint) as exposure_days,
        case scoring when 'rate' then 'per 1,000 member-years' else 'proportion' end as rate_unit,
        cast(rate as double) as rate,
        cast(rate_low as double) as rate_low,
        cast(rate_high as double) as rate_high,
        -- Fewer than 11 in a cell, or in what a reader could work out from it.
        numerator_count < 11 or performance_count - numerator_count < 11 as is_small_cell
    from bounded
)

select * from final
