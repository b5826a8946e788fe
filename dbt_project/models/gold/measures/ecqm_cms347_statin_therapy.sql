-- noqa: disable=LT02
-- CMS347 v9: statins for those at high risk: atherosclerotic disease (group 1), LDL of 190 or familial
-- hypercholesterolemia at 20 to 75 (2), diabetes at 40 to 75 (3), a ten-year risk of 20 % at 40 to 75 (4). Who is in
-- one group is in none after it.
with patients as (
    select * from {{ ref('int_measure_patients') }}
),

visits as (
    {{ visits_in_period([
        'annual_wellness_visit', 'office_visit', 'outpatient_consultation', 'preventive_visit_outpatient',
        'preventive_visit_established_adult', 'preventive_individual_counseling', 'preventive_visit_initial_adult',
        'preventive_visit_other', 'telemedicine_services',
    ]) }}
),

cardiovascular as (
    {{ conditions_of(
        [
            'myocardial_infarction', 'subsequent_nstemi', 'cerebrovascular_disease_stroke_or_tia', 'atherosclerosis',
            'ischemic_heart_disease', 'stable_and_unstable_angina',
        ],
        'conditions.start_date <= ' ~ period_end(), 'atherosclerotic disease', categories=['problem']
    ) }}
    union all
    select {{ as_evidence('procedure', 'revascularisation', 'start_date') }}
    from {{ ref('int_measure_procedures') }}
    where
        value_set in ('pci', 'cabg_surgeries', 'carotid_intervention', 'cabg_or_pci_procedure')
        and status = 'completed'
        and start_date <= {{ period_end() }}
),

cholesterol as (
    select {{ as_evidence('observation', 'LDL cholesterol of 190 mg/dL or more', 'start_date') }}
    from {{ ref('int_measure_observations') }}
    where
        value_set = 'ldl_cholesterol'
        and (is_final or status = 'appended')
        and value_number >= 190
        and value_unit = 'mg/dL'
        and start_date <= {{ period_end() }}
    union all
    {{ conditions_of(
        ['familial_hypercholesterolemia'], 'conditions.start_date <= ' ~ period_end(), 'familial hypercholesterolemia',
        categories=['problem']
    ) }}
),

diabetes as (
    {{ conditions_of(
        ['diabetes'], overlaps_period('conditions.start_date', 'conditions.end_date'), 'diabetes', categories=['problem']
    ) }}
),

risk as (
    select {{ as_evidence('observation', 'ten-year cardiovascular risk of 20 % or more', 'start_date') }}
    from {{ ref('int_measure_observations') }}
    where
        value_set = 'cardiovascular_risk_10_years'
        and is_final
        and value_number >= 20
        and value_unit = '%'
        and {{ in_period('start_date', 'end_date') }}
),

reasons as (
    select
        patient_id,
        1 as group_number
    from cardiovascular
    union all
    select
        patient_id,
        2 as group_number
    from cholesterol
    union all
    select
        patient_id,
        3 as group_number
    from diabetes
    union all
    select
        patient_id,
        4 as group_number
    from risk
),

-- The first reason decides, also where the age of its group does not fit.
first_reasons as (
    select
        patient_id,
        min(group_number) as group_number
    from reasons
    group by patient_id
),

grouped as (
    select
        patients.patient_id,
        first_reasons.group_number
    from patients
    inner join first_reasons on patients.patient_id = first_reasons.patient_id
    where
        patients.patient_id in (select visits.patient_id from visits)
        and case first_reasons.group_number
            when 1 then true
            when 2 then patients.age_at_start between 20 and 75
            else patients.age_at_start between 40 and 75
        end
),
{% for number, reason in {1: 'cardiovascular', 2: 'cholesterol', 3: 'diabetes', 4: 'risk'}.items() %}
members_{{ number }} as (
    select patient_id from grouped
    where group_number = {{ number }}
),

population_{{ number }} as (
    {{ evidence_for('members_' ~ number, ['visits', reason]) }}
),
{% endfor %}
exclusions as (
    {{ conditions_of(
        ['breastfeeding', 'rhabdomyolysis'], overlaps_period('conditions.start_date', 'conditions.end_date'),
        'breastfeeding or rhabdomyolysis'
    ) }}
),

statin_orders as (
    select * from {{ ref('int_measure_orders') }}
    where
        value_set in ('low_intensity_statin_therapy', 'moderate_intensity_statin_therapy', 'high_intensity_statin_therapy')
        and resource_type = 'MedicationRequest'
        and status in ('active', 'completed')
),

numerator as (
    select {{ as_evidence('order', 'statin', 'authored_date') }}
    from statin_orders
    where
        not is_prohibited
        and (
            ({{ in_period('authored_date') }} and intent in {{ orders_intents() }})
            or {{ overlaps_period('start_date', 'end_date') }}
        )
),

exceptions as (
    {{ exclusions_of(['hospice', 'palliative']) }}
    union all
    {{ conditions_of(
        ['hepatitis_a', 'viral_hepatitis_b', 'liver_disease', 'statin_associated_muscle_symptoms', 'end_stage_renal_disease'],
        overlaps_period('conditions.start_date', 'conditions.end_date'), 'a disease that speaks against statins',
        categories=['problem']
    ) }}
    union all
    select {{ as_evidence('reaction', 'does not bear statins', 'start_date') }}
    from {{ ref('int_measure_reactions') }}
    where
        value_set = 'statin_allergen'
        and {{ overlaps_period('start_date', 'end_date') }}
        and (resource_type = 'AdverseEvent' or status = 'active')
    union all
    select {{ as_evidence('order', 'statin not ordered for a medical reason', 'authored_date') }}
    from statin_orders
    where
        is_prohibited
        and {{ any_in_value_set('reasons', ['medical_reason']) }}
        and exists (
            select 1
            from visits
            where
                statin_orders.patient_id = visits.patient_id
                and statin_orders.authored_date between visits.start_date and visits.end_date
        )
),

final as (
    {%- set shared = {
        'denominator-exclusion': 'exclusions', 'denominator-exception': 'exceptions', 'numerator': 'numerator'} %}
    {{ measure_evidence('CMS347', {
        1: dict(shared, **{'initial-population': 'population_1'}),
        2: dict(shared, **{'initial-population': 'population_2'}),
        3: dict(shared, **{'initial-population': 'population_3'}),
        4: dict(shared, **{'initial-population': 'population_4'}),
    }) }}
)

select * from final
