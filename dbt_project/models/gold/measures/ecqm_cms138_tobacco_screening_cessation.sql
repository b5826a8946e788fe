-- CMS138 v14: from the age of 12, asked about tobacco (group 1); users helped to quit (2); asked, and helped where
-- users (3). Help may have come up to six months before the period.
with patients as (
    select * from {{ ref('int_measure_patients') }}
    where age_at_start >= 12
),

visits as (
    {{ visits_in_period([
        'health_behavior_intervention', 'health_behavior_assessment', 'home_healthcare_services',
        'occupational_therapy_evaluation', 'office_visit', 'ophthalmological_services', 'physical_therapy_evaluation',
        'psych_visit_diagnostic_evaluation', 'psych_visit_psychotherapy', 'psychoanalysis', 'speech_and_hearing_evaluation',
        'telephone_visits', 'virtual_encounter',
    ]) }}
),

preventive_visits as (
    {{ visits_in_period([
        'annual_wellness_visit', 'preventive_visit_established_adult', 'preventive_visit_initial_adult',
        'preventive_visit_established_child', 'preventive_visit_initial_child', 'preventive_group_counseling',
        'preventive_individual_counseling', 'unlisted_preventive_service', 'postoperative_follow_up_visit', 'nutrition_services',
    ]) }}
),

-- Two visits, or one that is preventive.
seen as (
    select visits.patient_id
    from visits
    group by visits.patient_id
    having count(distinct visits.encounter_id) >= 2
    union
    select preventive_visits.patient_id from preventive_visits
),

eligible as (
    select patients.patient_id from patients
    intersect
    select seen.patient_id from seen
),

initial_population as (
    {{ evidence_for('eligible', ['visits', 'preventive_visits']) }}
),

exclusions as (
    {{ exclusions_of(['hospice']) }}
),

latest_status as (
    select
        *,
        {{ any_in_value_set('value_codings', ['tobacco_user']) }} as is_user,
        {{ any_in_value_set('value_codings', ['tobacco_non_user']) }} as is_non_user
    from {{ ref('int_measure_observations') }}
    where
        value_set = 'tobacco_use_status'
        and status = 'final'
        and list_contains(categories, 'social-history')
        and {{ in_period('start_date', 'end_date') }}
    qualify row_number() over (partition by patient_id order by start_at desc, observation_id desc) = 1
),

users as (
    select {{ as_evidence('observation', 'latest status: tobacco user', 'start_date') }}
    from latest_status
    where is_user
),

non_users as (
    select {{ as_evidence('observation', 'latest status: no tobacco', 'start_date') }}
    from latest_status
    where is_non_user
),

help as (
    select {{ as_evidence('procedure', 'counselled to quit', 'start_date') }}
    from {{ ref('int_measure_procedures') }}
    where
        value_set = 'tobacco_use_cessation_counseling'
        and status = 'completed'
        and start_date >= {{ period_start(months=-6) }}
        and end_date <= {{ period_end() }}
    union all
    {{ conditions_of(
        ['tobacco_abuse_counseling_diagnosis'],
        'conditions.start_date between ' ~ period_start(months=-6) ~ ' and ' ~ period_end(), 'counselled to quit'
    ) }}
    union all
    select {{ as_evidence('order', 'medicine to quit', 'authored_date') }}
    from {{ ref('int_measure_orders') }}
    where
        value_set = 'tobacco_use_cessation_pharmacotherapy'
        and resource_type = 'MedicationRequest'
        and not is_rejected
        and {{ is_order() }}
        and authored_date between {{ period_start(months=-6) }} and {{ period_end() }}
    union all
    select {{ as_evidence('order', 'medicine to quit', 'start_date') }}
    from {{ ref('int_measure_orders') }}
    where
        value_set = 'tobacco_use_cessation_pharmacotherapy'
        and resource_type = 'MedicationRequest'
        and {{ is_order(['active']) }}
        and start_date >= {{ period_start(months=-6) }}
        and end_date <= {{ period_end() }}
),

asked as (
    select * from users
    union all
    select * from non_users
),

helped_users as (
    {{ evidence_for('users', ['help']) }}
),

numerator_3 as (
    select * from non_users
    union all
    select * from helped_users
),

final as (
    {%- set shared = {'initial-population': 'initial_population', 'denominator-exclusion': 'exclusions'} %}
    {{ measure_evidence('CMS138', {
        1: dict(shared, numerator='asked'),
        2: dict(shared, denominator='users', numerator='help'),
        3: dict(shared, numerator='numerator_3'),
    }) }}
)

select * from final
