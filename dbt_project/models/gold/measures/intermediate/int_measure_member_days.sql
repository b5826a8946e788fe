-- How many days of the period, up to the as-of date, somebody was insured; overlapping coverages count once.
{%- set last_day = 'least(' ~ period_end() ~ ', ' ~ as_of_date() ~ ')' %}
with coverages as (
    select
        patient_id,
        coverage_id,
        greatest(coalesce(period_start, {{ period_start() }}), {{ period_start() }}) as start_date,
        least(coalesce(period_end, {{ period_end() }}), {{ last_day }}) as end_date
    from {{ ref('coverage') }}
    where patient_id is not null and status = 'active'
),

extended as (
    select
        *,
        max(end_date) over (
            partition by patient_id order by start_date, end_date, coverage_id
            rows between unbounded preceding and 1 preceding
        ) as covered_until
    from coverages
    where start_date <= end_date
)

select
    patient_id,
    min(coverage_id) as coverage_id,
    sum(greatest(0, end_date - greatest(start_date, coalesce(covered_until + 1, start_date)) + 1)) as member_days
from extended
group by patient_id
