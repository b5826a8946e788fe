-- CMS124 v14: women of 24 to 64 with cytology in three years, or an HPV test at 30 or later in five.
with patients as (
    select * from {{ ref('int_measure_patients') }}
    where age_at_end between 24 and 64 and sex = 'female'
),

visits as (
    {{ visits_in_period([
        'office_visit', 'preventive_visit_established_adult', 'preventive_visit_initial_adult', 'home_healthcare_services',
        'telephone_visits', 'virtual_encounter',
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
    {{ exclusions_of(['hospice', 'palliative']) }}
    union all
    {{ conditions_of(['absence_of_cervix'], 'conditions.start_date <= ' ~ period_end(), 'no cervix') }}
    union all
    select {{ as_evidence('procedure', 'no cervix', 'end_date') }}
    from {{ ref('int_measure_procedures') }}
    where value_set = 'hysterectomy_without_cervix' and status = 'completed' and end_date <= {{ period_end() }}
),

tests as (
    select
        observations.*,
        {{ age_in_years('patients.birth_date', 'observations.latest_date') }} as age_at_test
    from {{ ref('int_measure_observations') }} as observations
    inner join patients on observations.patient_id = patients.patient_id
    where
        observations.value_set in ('pap_test', 'hpv_test')
        and observations.is_final
        and observations.has_value
        and observations.latest_date <= {{ period_end() }}
),

numerator as (
    select {{ as_evidence('observation', 'cervical cytology in three years', 'latest_date') }}
    from tests
    where value_set = 'pap_test' and latest_date >= {{ period_start(years=-2) }}
    union all
    select {{ as_evidence('observation', 'HPV test in five years, from the age of 30', 'latest_date') }}
    from tests
    where value_set = 'hpv_test' and latest_date >= {{ period_start(years=-4) }} and age_at_test >= 30
),

final as (
    {{ measure_evidence('CMS124', {1: {
        'initial-population': 'initial_population', 'denominator-exclusion': 'exclusions', 'numerator': 'numerator'}}) }}
)

select * from final
