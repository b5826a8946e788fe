-- CMS153 v14: sexually active women of 16 to 24, tested for chlamydia in the period.
with patients as (
    select * from {{ ref('int_measure_patients') }}
    where age_at_end between 16 and 24 and sex = 'female'
),

visits as (
    {{ visits_in_period([
        'office_visit', 'preventive_visit_established_adult', 'preventive_visit_initial_adult',
        'preventive_visit_initial_child', 'preventive_visit_established_child', 'home_healthcare_services', 'telephone_visits',
        'virtual_encounter',
    ]) }}
),

observations as (
    select * from {{ ref('int_measure_observations') }}
    where is_final
),

medicines as (
    select * from {{ ref('int_measure_orders') }}
    where resource_type = 'MedicationRequest' and {{ is_order() }}
),

services as (
    select * from {{ ref('int_measure_orders') }}
    where resource_type = 'ServiceRequest' and {{ is_order() }}
),

-- What tells of sexual activity, a pregnancy test apart.
activity as (
    select {{ as_evidence('observation', 'sexually active by her own word', 'end_date') }}
    from observations
    where
        value_set = 'ever_vaginal_intercourse'
        and {{ any_in_value_set('value_codings', ['yes']) }}
        and end_date <= {{ period_end() }}
    union all
    {{ conditions_of(
        ['diagnoses_of_sexual_activity', 'hiv', 'complications_of_pregnancy'],
        overlaps_period('conditions.start_date', 'conditions.end_date'), 'diagnosis of sexual activity'
    ) }}
    union all
    select {{ as_evidence('order', 'contraceptive', 'authored_date') }}
    from medicines
    where
        value_set = 'contraceptive_medications'
        and (
            {{ in_period('authored_date') }}
            or (status = 'active' and {{ overlaps_period('start_date', 'end_date') }})
        )
    union all
    select {{ as_evidence('order', 'test of sexual activity ordered', 'authored_date') }}
    from services
    where
        value_set in (
            'pap_test', 'lab_tests_during_pregnancy', 'lab_tests_for_sexually_transmitted_infections',
            'diagnostic_studies_during_pregnancy'
        )
        and {{ in_period('authored_date') }}
    union all
    select {{ as_evidence('procedure', 'procedure of sexual activity', 'start_date') }}
    from {{ ref('int_measure_procedures') }}
    where
        value_set = 'procedures_of_sexual_activity'
        and status = 'completed'
        and {{ in_period('start_date', 'end_date') }}
),

pregnancy_tests as (
    select {{ as_evidence('order', 'pregnancy test ordered', 'authored_date') }}
    from services
    where value_set = 'pregnancy_test' and {{ in_period('authored_date') }}
),

active as (
    select activity.patient_id from activity
    union
    select pregnancy_tests.patient_id from pregnancy_tests
),

eligible as (
    select patients.patient_id from patients
    intersect
    select visits.patient_id from visits
    intersect
    select active.patient_id from active
),

initial_population as (
    {{ evidence_for('eligible', ['visits', 'activity', 'pregnancy_tests']) }}
),

-- A pregnancy test before an X-ray or isotretinoin says nothing about sexual activity.
precautions as (
    select
        tests.patient_id,
        'pregnancy test only before an X-ray or isotretinoin' as criterion,
        tests.resource_type,
        tests.resource_id,
        tests.event_date
    from pregnancy_tests as tests
    inner join {{ ref('int_measure_orders') }} as orders
        on
            tests.patient_id = orders.patient_id
            and orders.authored_date between tests.event_date and tests.event_date + interval 6 day
    where
        (
            (orders.value_set = 'xray_study' and orders.resource_type = 'ServiceRequest')
            or (orders.value_set = 'isotretinoin' and orders.resource_type = 'MedicationRequest')
        )
        and orders.status in ('active', 'completed')
        and orders.intent in {{ orders_intents() }}
        and not orders.is_prohibited
        and tests.patient_id not in (select activity.patient_id from activity)
),

exclusions as (
    {{ exclusions_of(['hospice']) }}
    union all
    select * from precautions
),

numerator as (
    select {{ as_evidence('observation', 'tested for chlamydia', 'latest_date') }}
    from observations
    where value_set = 'chlamydia_screening' and has_value and {{ in_period('latest_date') }}
),

final as (
    {{ measure_evidence('CMS153', {1: {
        'initial-population': 'initial_population', 'denominator-exclusion': 'exclusions', 'numerator': 'numerator'}}) }}
)

select * from final
