-- How many stars the rates would have, by the cut points of the seed: an estimate for planning, not a rating.
with scores as (
    select * from {{ ref('measure_scores') }}
    where dimension = 'all' and rate is not null
),

cut_points as (
    select * from {{ ref('stars_cut_points') }}
),

measures as (
    select * from {{ ref('measures') }}
),

final as (
    select
        scores.measure_id,
        scores.group_number,
        scores.period_start_date,
        scores.period_end_date,
        scores.rate,
        scores.performance_count,
        1 + cast(len(list_filter(
            [cut_points.two_stars, cut_points.three_stars, cut_points.four_stars, cut_points.five_stars],
            lambda cut: case measures.improvement when 'higher' then scores.rate >= cut else scores.rate <= cut end
        )) as integer) as stars,
        measures.cms_stars as star_measure
    from scores
    inner join cut_points
        on scores.measure_id = cut_points.measure_id and scores.group_number = cut_points.group_number
    inner join measures on scores.measure_id = measures.measure_id
)

select * from final
