-- CMS130 v14: 46 to 75, screened for colorectal cancer: a stool test in the period, stool DNA in three years, a
-- sigmoidoscopy or CT colonography in five, a colonoscopy in ten.
with patients as (
    select * from {{ ref('int_measure_patients') }}
    where age_at_end between 46 and 75
),

visits as (
    {{ visits_in_period(adult_visits()) }}
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
    {{ exclusions_of([
        'hospice', 'palliative', 'nursing home from 66', 'frailty and advanced illness from 66',
        'frailty and advanced illness from 81',
    ]) }}
    union all
    {{ conditions_of(
        ['malignant_neoplasm_of_colon'], 'conditions.start_date <= ' ~ period_end(), 'colorectal cancer'
    ) }}
    union all
    select {{ as_evidence('procedure', 'colon removed', 'end_date') }}
    from {{ ref('int_measure_procedures') }}
    where value_set = 'total_colectomy' and status = 'completed' and end_date <= {{ period_end() }}
),

numerator as (
    select {{ as_evidence('observation', 'stool test', 'latest_date') }}
    from {{ ref('int_measure_observations') }}
    where
        is_final
        and has_value
        and (
            (value_set = 'fecal_occult_blood_test' and {{ in_period('latest_date') }})
            or (value_set = 'sdna_fit_test' and latest_date between {{ period_start(years=-2) }} and {{ period_end() }})
        )
    union all
    select {{ as_evidence('observation', 'CT colonography', 'end_date') }}
    from {{ ref('int_measure_observations') }}
    where
        value_set = 'ct_colonography'
        and is_final
        and list_contains(categories, 'imaging')
        and end_date between {{ period_start(years=-4) }} and {{ period_end() }}
    union all
    select {{ as_evidence('procedure', 'endoscopy of the colon', 'end_date') }}
    from {{ ref('int_measure_procedures') }}
    where
        status = 'completed'
        and end_date <= {{ period_end() }}
        and (
            (value_set = 'flexible_sigmoidoscopy' and end_date >= {{ period_start(years=-4) }})
            or (value_set = 'colonoscopy' and end_date >= {{ period_start(years=-9) }})
        )
),

final as (
    {{ measure_evidence('CMS130', {1: {
        'initial-population': 'initial_population', 'denominator-exclusion': 'exclusions', 'numerator': 'numerator'}}) }}
)

select * from final
