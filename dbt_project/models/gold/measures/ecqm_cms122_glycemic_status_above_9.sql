-- CMS122 v14: diabetes, 18 to 75, whose latest HbA1c or glucose management indicator is above 9 %, or missing.
-- Lower is better.
with patients as (
    select * from {{ ref('int_measure_patients') }}
    where age_at_end between 18 and 75
),

visits as (
    {{ visits_in_period([
        'office_visit', 'annual_wellness_visit', 'preventive_visit_established_adult', 'preventive_visit_initial_adult',
        'home_healthcare_services', 'nutrition_services', 'medical_nutrition_therapy', 'telephone_visits',
    ]) }}
),

diabetes as (
    {{ conditions_of(
        ['diabetes'], overlaps_period('conditions.start_date', 'conditions.end_date'), 'diabetes', categories=['encounter']
    ) }}
),

eligible as (
    select patients.patient_id from patients
    intersect
    select visits.patient_id from visits
    intersect
    select diabetes.patient_id from diabetes
),

initial_population as (
    {{ evidence_for('eligible', ['visits', 'diabetes']) }}
),

exclusions as (
    {{ exclusions_of([
        'hospice', 'palliative', 'nursing home from 66', 'frailty and advanced illness from 66',
        'frailty and advanced illness from 81',
    ]) }}
),

tests as (
    select * from {{ ref('int_measure_observations') }}
    where
        value_set in ('hba1c_laboratory_test', 'glucose_management_indicator')
        and is_final
        and {{ in_period('latest_date') }}
),

-- The lowest of the latest day; a result that is missing there comes before any number.
lowest as (
    select *
    from tests
    qualify row_number() over (
        partition by patient_id order by latest_date desc, value_number asc nulls first, has_value asc, observation_id asc
    ) = 1
),

numerator as (
    select {{ as_evidence('observation', 'latest glycemic status above 9 % or without a result', 'latest_date') }}
    from lowest
    where not has_value or (value_number > 9 and value_unit = '%')
    union all
    select
        patient_id,
        'no glycemic status in the period' as criterion,
        null as resource_type,
        null as resource_id,
        null as event_date
    from eligible
    where patient_id not in (select tests.patient_id from tests)
),

final as (
    {{ measure_evidence('CMS122', {1: {
        'initial-population': 'initial_population', 'denominator-exclusion': 'exclusions', 'numerator': 'numerator'}}) }}
)

select * from final
