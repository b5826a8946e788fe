-- CMS951 v4: diabetes since before the period, 18 to 85, with an estimated filtration rate and a urine
-- albumin-creatinine ratio (or both urine tests within four days).
with patients as (
    select * from {{ ref('int_measure_patients') }}
    where age_at_start between 18 and 85
),

visits as (
    {{ visits_in_period([
        'annual_wellness_visit', 'home_healthcare_services', 'office_visit', 'outpatient_consultation',
        'preventive_visit_established_adult', 'preventive_visit_initial_adult', 'telephone_visits',
    ]) }}
),

diabetes as (
    {{ conditions_of(
        ['diabetes'],
        'conditions.start_date < ' ~ period_start() ~ ' and conditions.end_date >= ' ~ period_start(),
        'diabetes before the period'
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
    {{ exclusions_of(['hospice', 'palliative']) }}
    union all
    {{ conditions_of(
        ['chronic_kidney_disease_stage_5', 'end_stage_renal_disease'],
        overlaps_period('conditions.start_date', 'conditions.end_date'), 'kidney failure'
    ) }}
),

tests as (
    select * from {{ ref('int_measure_observations') }}
    where is_final and has_value and {{ in_period('start_date', 'end_date') }}
),

filtration as (
    select {{ as_evidence('observation', 'estimated glomerular filtration rate', 'end_date') }}
    from tests
    where value_set = 'estimated_glomerular_filtration_rate'
),

urine as (
    select {{ as_evidence('observation', 'urine albumin-creatinine ratio', 'end_date') }}
    from tests
    where
        value_set = 'urine_albumin_creatinine_ratio'
        and (is_quantity or {{ any_in_value_set('value_codings', ['undetectable_lab_result_value']) }})
    union all
    select {{ as_evidence('observation', 'urine albumin and creatinine within four days', 'end_date') }}
    from tests
    where
        value_set = 'urine_albumin'
        and exists (
            select 1
            from tests as creatinine
            where
                tests.patient_id = creatinine.patient_id
                and creatinine.value_set = 'urine_creatinine'
                and tests.start_at between creatinine.start_at - interval 4 day and creatinine.start_at + interval 4 day
        )
),

evaluated as (
    select filtration.patient_id from filtration
    intersect
    select urine.patient_id from urine
),

numerator as (
    {{ evidence_for('evaluated', ['filtration', 'urine']) }}
),

final as (
    {{ measure_evidence('CMS951', {1: {
        'initial-population': 'initial_population', 'denominator-exclusion': 'exclusions', 'numerator': 'numerator'}}) }}
)

select * from final
