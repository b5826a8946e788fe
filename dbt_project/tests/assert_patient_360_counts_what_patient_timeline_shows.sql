-- Two ways to the same number: visits counted for the patient, visits shown as events.
with counted as (
    select
        patient_id,
        emergency_visit_count_12m,
        inpatient_visit_count_12m,
        ambulatory_visit_count_12m + virtual_visit_count_12m as visit_count_12m
    from {{ ref('patient_360') }}
),

shown as (
    select
        patient_id,
        count(*) filter (where event_type = 'emergency_visit') as emergency_visit_count_12m,
        count(*) filter (where event_type = 'admission') as inpatient_visit_count_12m,
        count(*) filter (where event_type = 'visit') as visit_count_12m
    from {{ ref('patient_timeline') }}
    where {{ in_look_back('event_date', 12) }}
    group by patient_id
)

select counted.patient_id
from counted
left join shown on counted.patient_id = shown.patient_id
where
    counted.emergency_visit_count_12m != coalesce(shown.emergency_visit_count_12m, 0)
    or counted.inpatient_visit_count_12m != coalesce(shown.inpatient_visit_count_12m, 0)
    or counted.visit_count_12m != coalesce(shown.visit_count_12m, 0)
