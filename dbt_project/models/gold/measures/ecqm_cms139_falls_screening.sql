-- CMS139 v14: from the age of 65, screened for the risk of falling.
with patients as (
    select * from {{ ref('int_measure_patients') }}
    where age_at_start >= 65
),

visits as (
    {{ visits_in_period([
        'office_visit', 'annual_wellness_visit', 'preventive_visit_established_adult', 'preventive_visit_initial_adult',
        'home_healthcare_services', 'ophthalmological_services', 'preventive_individual_counseling',
        'discharge_services_nursing_facility', 'nursing_facility_visit', 'care_services_in_long_term_residential_facility',
        'audiology_visit', 'telephone_visits', 'virtual_encounter', 'physical_therapy_evaluation',
        'occupational_therapy_evaluation',
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
),

numerator as (
    select {{ as_evidence('observation', 'screened for falls', 'end_date') }}
    from {{ ref('int_measure_observations') }}
    where value_set = 'falls_screening' and is_final and {{ in_period('start_date', 'end_date') }}
),

final as (
    {{ measure_evidence('CMS139', {1: {
        'initial-population': 'initial_population', 'denominator-exclusion': 'exclusions', 'numerator': 'numerator'}}) }}
)

select * from final
