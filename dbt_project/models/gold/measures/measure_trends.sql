{{ config(pre_hook='{{ build_trend_counts() }}') }}
-- The rates as of each month's end: see macros/measure_trends.sql.
{%- for model_name in known_by().keys() | list + rebuilt_models() + timeless_models() + ['int_measure_patients'] %}
-- depends_on: {{ ref(model_name) }}
{%- endfor %}
with counted as (
    select * from trend_counts
),

scored as (
    select
        counted.*,
        measures.scoring,
        counted.denominator_count - counted.exclusion_count - counted.exception_count as performance_count
    from counted
    inner join {{ ref('measures') }} as measures on counted.measure_id = measures.measure_id
),

final as (
    select
        measure_id,
        group_number,
        {{ period_start() }} as period_start_date,
        {{ period_end() }} as period_end_date,
        as_of_date,
        initial_population_count,
        denominator_count,
        exclusion_count,
        exception_count,
        numerator_count,
        performance_count,
        case scoring when 'rate' then 'per 1,000 member-years' else 'proportion' end as rate_unit,
        cast(
            case scoring
                when 'rate' then {{ per_thousand_years('event_count', 'exposure_days') }}
                else numerator_count / nullif(performance_count, 0)
            end
            as double
        ) as rate
    from scored
)

select * from final
