-- How many events, in how many days: of measures whose rate is per time.
with visits as (
    select
        patient_id,
        count(*) as event_count
    from {{ ref('int_measure_ed_visits') }}
    where {{ in_period('visit_date') }}
    group by patient_id
)

select
    'EDV' as measure_id,
    members.patient_id,
    coalesce(visits.event_count, 0) as event_count,
    members.member_days as exposure_days
from {{ ref('int_measure_member_days') }} as members
left join visits on members.patient_id = visits.patient_id
