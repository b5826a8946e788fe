with coverages as (
    select * from {{ ref('coverage') }}
    where patient_id is not null and coalesce(status, 'active') not in ('entered-in-error', 'draft')
),

-- In force on the as-of date, both ends included. A cancelled coverage was in force until it ended;
-- one that does not say when counts as never.
active as (
    select *
    from coverages
    where
        coalesce(period_start <= {{ as_of_date() }}, true)
        and case
            when status = 'cancelled' then coalesce(period_end >= {{ as_of_date() }}, false)
            else coalesce(period_end >= {{ as_of_date() }}, true)
        end
),

counted as (
    select
        *,
        count(*) over (partition by patient_id) as active_coverage_count,
        -- Enrolment (a period) outranks a mere mention on a claim; then the latest to begin, or to be told.
        row_number() over (
            partition by patient_id
            order by period_start desc nulls last, recorded_at desc nulls last, coverage_id asc
        ) as rank
    from active
)

select
    patient_id,
    payer_name,
    payer_identifier,
    member_id,
    plan,
    type as coverage_type,
    relationship as subscriber_relationship,
    period_start as coverage_start_date,
    period_end as coverage_end_date,
    active_coverage_count,
    source_system,
    source_systems
from counted
where rank = 1
