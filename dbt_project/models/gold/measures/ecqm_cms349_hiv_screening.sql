-- CMS349 v8: 15 to 65, tested for HIV at least once in that age.
with patients as (
    select * from {{ ref('int_measure_patients') }}
    where age_at_start between 15 and 65
),

visits as (
    {{ visits_in_period([
        'preventive_visit_initial_child', 'preventive_visit_initial_adult', 'preventive_visit_established_child',
        'preventive_visit_established_adult', 'office_visit',
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
    {{ conditions_of(['hiv'], 'conditions.start_date < ' ~ period_start(), 'HIV before the period') }}
),

exceptions as (
    select
        patient_id,
        'died by the end of the period' as criterion,
        'Patient' as resource_type,
        patient_id as resource_id,
        deceased_date as event_date
    from patients
    where deceased_date <= {{ period_end() }}
),

numerator as (
    select
        observations.patient_id,
        'tested for HIV' as criterion,
        'Observation' as resource_type,
        observations.observation_id as resource_id,
        observations.start_date as event_date
    from {{ ref('int_measure_observations') }} as observations
    inner join patients on observations.patient_id = patients.patient_id
    where
        observations.value_set = 'hiv_test'
        and observations.is_final
        and observations.has_value
        and {{ age_in_years('patients.birth_date', 'observations.start_date') }} between 15 and 65
        -- The definition says before, not by, the last day.
        and observations.start_date < {{ period_end() }}
),

final as (
    {{ measure_evidence('CMS349', {1: {
        'initial-population': 'initial_population', 'denominator-exclusion': 'exclusions',
        'denominator-exception': 'exceptions', 'numerator': 'numerator'}}) }}
)

select * from final
