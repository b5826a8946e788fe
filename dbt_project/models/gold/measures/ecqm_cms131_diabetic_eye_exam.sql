-- CMS131 v14: diabetes, 18 to 75, whose eyes were looked at: in the period where there is retinopathy, in two years
-- where there is none; or graded by an autonomous system, or eye by eye.
with patients as (
    select * from {{ ref('int_measure_patients') }}
    where age_at_end between 18 and 75
),

visits as (
    {{ visits_in_period([
        'office_visit', 'annual_wellness_visit', 'preventive_visit_established_adult', 'preventive_visit_initial_adult',
        'home_healthcare_services', 'ophthalmological_services', 'telephone_visits',
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
    union all
    {{ conditions_of(['bilateral_anophthalmos'], 'conditions.start_date <= ' ~ period_end(), 'no eyes') }}
),

retinopathy as (
    {{ conditions_of(
        ['diabetic_retinopathy'], overlaps_period('conditions.start_date', 'conditions.end_date'), 'retinopathy'
    ) }}
),

exams as (
    select
        *,
        {{ in_period('start_date', 'end_date') }} as is_in_period,
        start_date >= {{ period_start(years=-1) }} and end_date <= {{ period_end(years=-1) }} as is_in_year_before
    from {{ ref('int_measure_observations') }}
    where
        value_set in (
            'retinal_or_dilated_eye_exam', 'autonomous_eye_exam', 'left_eye_retinopathy_severity', 'right_eye_retinopathy_severity'
        )
        and is_final
        and list_contains(categories, 'exam')
        and start_date >= {{ period_start(years=-1) }}
        and end_date <= {{ period_end() }}
),

-- An eye with a severity in the period, or without retinopathy in the year before.
graded as (
    select
        *,
        split_part(value_set, '_', 1) as eye,
        is_in_period and {{ any_in_value_set('value_codings', ['diabetic_retinopathy_severity_level']) }} as has_severity,
        is_in_year_before and {{ any_in_value_set('value_codings', ['no_apparent_retinopathy']) }} as had_none
    from exams
    where value_set in ('left_eye_retinopathy_severity', 'right_eye_retinopathy_severity')
),

both_eyes as (
    select patient_id
    from graded
    group by patient_id
    having
        bool_or(eye = 'left' and (has_severity or had_none))
        and bool_or(eye = 'right' and (has_severity or had_none))
),

graded_exams as (
    select {{ as_evidence('observation', 'both eyes graded', 'end_date') }}
    from graded
    where has_severity or had_none
),

numerator as (
    select {{ as_evidence('observation', 'retinal or dilated eye exam', 'end_date') }}
    from exams
    where
        value_set = 'retinal_or_dilated_eye_exam'
        and (is_in_period or patient_id not in (select retinopathy.patient_id from retinopathy))
    union all
    select {{ as_evidence('observation', 'autonomous eye exam', 'end_date') }}
    from exams
    where
        value_set = 'autonomous_eye_exam'
        and is_in_period
        and {{ any_in_value_set('value_codings', ['autonomous_eye_exam_result']) }}
    union all
    {{ evidence_for('both_eyes', ['graded_exams']) }}
),

final as (
    {{ measure_evidence('CMS131', {1: {
        'initial-population': 'initial_population', 'denominator-exclusion': 'exclusions', 'numerator': 'numerator'}}) }}
)

select * from final
