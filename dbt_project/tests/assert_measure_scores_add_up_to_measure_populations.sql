-- The rate of all is the rows of measure_populations; the parts of a dimension that everybody has add up to it.
with populations as (
    select
        measure_id,
        group_number,
        count(*) as initial_population_count,
        count(*) filter (in_numerator) as numerator_count
    from {{ ref('measure_populations') }}
    group by measure_id, group_number
),

parts as (
    select
        measure_id,
        group_number,
        dimension,
        sum(initial_population_count) as initial_population_count,
        sum(numerator_count) as numerator_count
    from {{ ref('measure_scores') }}
    where dimension in ('all', 'sex', 'age band', 'race', 'ethnicity', 'region')
    group by measure_id, group_number, dimension
)

select
    populations.measure_id,
    populations.group_number,
    parts.dimension
from populations
left join parts on populations.measure_id = parts.measure_id and populations.group_number = parts.group_number
where
    parts.measure_id is null
    or populations.initial_population_count != parts.initial_population_count
    or populations.numerator_count != parts.numerator_count
