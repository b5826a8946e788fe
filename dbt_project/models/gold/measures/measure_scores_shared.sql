-- measure_scores as it may leave the house: a rate with a cell of fewer than 11 people shows nothing but its size class.
with scores as (
    select * from {{ ref('measure_scores') }}
),

final as (
    select
        measure_id,
        group_number,
        period_start_date,
        period_end_date,
        dimension,
        value,
        case when not is_small_cell then numerator_count end as numerator_count,
        case when not is_small_cell then performance_count end as performance_count,
        rate_unit,
        case when not is_small_cell then rate end as rate,
        case when not is_small_cell then rate_low end as rate_low,
        case when not is_small_cell then rate_high end as rate_high,
        is_small_cell as is_suppressed
    from scores
    -- Who sees one provider only can be found by the provider.
    where dimension != 'provider'
)

select * from final
