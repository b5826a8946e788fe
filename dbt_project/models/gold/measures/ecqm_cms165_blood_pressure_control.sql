-- CMS165 v14: essential hypertension, 18 to 85, whose latest blood pressure is below 140/90.
with patients as (
    select * from {{ ref('int_measure_patients') }}
    where age_at_end between 18 and 85
),

visits as (
    {{ visits_in_period(adult_visits()) }}
),

-- Present in the first six months of the period.
hypertension as (
    {{ conditions_of(
        ['essential_hypertension'],
        'conditions.start_date < ' ~ period_start(months=6) ~ ' and conditions.end_date >= ' ~ period_start(),
        'essential hypertension'
    ) }}
),

eligible as (
    select patients.patient_id from patients
    intersect
    select visits.patient_id from visits
    intersect
    select hypertension.patient_id from hypertension
),

initial_population as (
    {{ evidence_for('eligible', ['visits', 'hypertension']) }}
),

exclusions as (
    {{ exclusions_of([
        'hospice', 'palliative', 'nursing home from 66', 'frailty and advanced illness from 66',
        'frailty and advanced illness from 81', 'frailty from 81',
    ]) }}
    union all
    {{ conditions_of(
        ['pregnancy', 'end_stage_renal_disease', 'kidney_transplant_recipient', 'chronic_kidney_disease_stage_5'],
        overlaps_period('conditions.start_date', 'conditions.end_date'), 'pregnancy or renal failure'
    ) }}
    union all
    select {{ as_evidence('procedure', 'kidney transplant or dialysis', 'end_date') }}
    from {{ ref('int_measure_procedures') }}
    where
        value_set in ('kidney_transplant', 'dialysis_services')
        and status = 'completed'
        and end_date <= {{ period_end() }}
    union all
    select {{ as_evidence('encounter', 'monthly dialysis care', 'start_date') }}
    from {{ ref('int_measure_encounters') }}
    where value_set = 'esrd_monthly_outpatient_services' and status = 'finished' and start_date <= {{ period_end() }}
),

readings as (
    select
        readings.*,
        encounters.class_code
    from {{ ref('int_measure_observations') }} as readings
    left join {{ ref('encounter') }} as encounters on readings.encounter_id = encounters.encounter_id
    where
        readings.value_set in ('systolic_blood_pressure', 'diastolic_blood_pressure', 'blood_pressure_panel')
        and readings.is_final
        and {{ in_period('readings.latest_date') }}
),

acute_stays as (
    select * from {{ ref('int_measure_encounters') }}
    where value_set in ('encounter_inpatient', 'emergency_department_visit') and status = 'finished'
),

-- Not of a day in hospital or emergency department; or known to be of an encounter of another class.
qualifying as (
    select *
    from readings
    where
        not exists (
            select 1
            from acute_stays
            where
                readings.patient_id = acute_stays.patient_id
                and readings.latest_date between acute_stays.start_date and acute_stays.end_date
        )
        or class_code not in ('EMER', 'IMP', 'ACUTE', 'NONAC', 'PRENC', 'SS')
),

latest as (
    select *
    from qualifying
    qualify latest_date = max(latest_date) over (partition by patient_id)
),

controlled as (
    select patient_id
    from latest
    group by patient_id
    having
        min(value_number) filter (value_set = 'systolic_blood_pressure' and value_unit = 'mm[Hg]') < 140
        and min(value_number) filter (value_set = 'diastolic_blood_pressure' and value_unit = 'mm[Hg]') < 90
),

latest_readings as (
    select {{ as_evidence('observation', 'latest blood pressure below 140/90', 'latest_date') }}
    from latest
),

numerator as (
    {{ evidence_for('controlled', ['latest_readings']) }}
),

final as (
    {{ measure_evidence('CMS165', {1: {
        'initial-population': 'initial_population', 'denominator-exclusion': 'exclusions', 'numerator': 'numerator'}}) }}
)

select * from final
