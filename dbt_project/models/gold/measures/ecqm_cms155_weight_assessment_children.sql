-- CMS155 v14: 3 to 17, with height, weight and BMI percentile (group 1), counselled on nutrition (2) and on physical
-- activity (3).
with patients as (
    select * from {{ ref('int_measure_patients') }}
    where age_at_end between 3 and 17
),

visits as (
    {{ visits_in_period([
        'office_visit', 'preventive_individual_counseling', 'preventive_visit_established_child',
        'preventive_visit_initial_child', 'preventive_group_counseling', 'home_healthcare_services', 'telephone_visits',
    ]) }}
),

eligible as (
    select patients.patient_id from patients
    intersect
    select visits.patient_id from visits
),

initial_population as (
    {{ evidence_for('eligible', ['visits']) }}
),

exclusions as (
    {{ exclusions_of(['hospice']) }}
    union all
    {{ conditions_of(['pregnancy'], overlaps_period('conditions.start_date', 'conditions.end_date'), 'pregnancy') }}
),

body_measures as (
    select * from {{ ref('int_measure_observations') }}
    where
        value_set in ('bmi_percentile', 'body_height', 'body_weight')
        and is_final
        and has_value
        and {{ in_period('start_date', 'end_date') }}
),

measured as (
    select patient_id
    from body_measures
    group by patient_id
    having count(distinct value_set) = 3
),

measures as (
    select {{ as_evidence('observation', 'height, weight and BMI percentile', 'end_date') }}
    from body_measures
),

numerator_1 as (
    {{ evidence_for('measured', ['measures']) }}
),

counseling as (
    select * from {{ ref('int_measure_procedures') }}
    where status = 'completed' and {{ in_period('start_date', 'end_date') }}
),

numerator_2 as (
    select {{ as_evidence('procedure', 'counselled on nutrition', 'end_date') }}
    from counseling
    where value_set = 'counseling_for_nutrition'
),

numerator_3 as (
    select {{ as_evidence('procedure', 'counselled on physical activity', 'end_date') }}
    from counseling
    where value_set = 'counseling_for_physical_activity'
),

final as (
    {%- set shared = {'initial-population': 'initial_population', 'denominator-exclusion': 'exclusions'} %}
    {{ measure_evidence('CMS155', {
        1: dict(shared, numerator='numerator_1'),
        2: dict(shared, numerator='numerator_2'),
        3: dict(shared, numerator='numerator_3'),
    }) }}
)

select * from final
