-- The last point of a trend is the rate of the build: rendered again as of the as-of date, the measures say the same.
with last_points as (
    select * from {{ ref('measure_trends') }}
    where as_of_date = {{ as_of_date() }}
),

scores as (
    select * from {{ ref('measure_scores') }}
    where dimension = 'all'
)

select
    scores.measure_id,
    scores.group_number
from scores
full join last_points
    on scores.measure_id = last_points.measure_id and scores.group_number = last_points.group_number
where
    scores.initial_population_count is distinct from last_points.initial_population_count
    or scores.numerator_count is distinct from last_points.numerator_count
    or scores.performance_count is distinct from last_points.performance_count
    or scores.rate is distinct from last_points.rate
