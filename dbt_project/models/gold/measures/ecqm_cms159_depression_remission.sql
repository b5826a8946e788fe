-- noqa: disable=LT02
-- CMS159 v14: depression with a PHQ-9 above 9 between fourteen and two months before the period, from the age of 12;
-- in remission (PHQ-9 below 5) twelve months later, give or take sixty days.
with patients as (
    select * from {{ ref('int_measure_patients') }}
),

depression as (
    select * from {{ ref('int_measure_conditions') }}
    where
        value_set in ('major_depression_including_remission', 'dysthymia')
        and is_verified
        and (is_encounter or is_problem)
),

encounters as (
    select encounters.*
    from {{ ref('int_measure_encounters') }} as encounters
    where
        encounters.value_set = 'contact_or_office_visit'
        and encounters.status = 'finished'
        and encounters.end_date >= {{ period_start(months=-14) }}
        and encounters.end_date < {{ period_start(months=-2) }}
        and exists (
            select 1
            from depression
            where
                encounters.patient_id = depression.patient_id
                and encounters.start_date <= depression.end_date
                and encounters.end_date >= depression.start_date
        )
),

assessments as (
    select * from {{ ref('int_measure_observations') }}
    where value_set = 'phq_9' and is_final
),

-- The first above 9 at, or within the week before, a visit for depression.
indexes as (
    select
        assessments.*,
        cast(assessments.start_date + interval 12 month - interval 60 day as date) as assessed_from,
        cast(assessments.start_date + interval 12 month + interval 60 day as date) as assessed_until
    from assessments
    where
        assessments.value_number > 9
        and exists (
            select 1
            from encounters
            where
                assessments.patient_id = encounters.patient_id
                and assessments.start_date >= encounters.start_date - interval 7 day
                and assessments.end_date <= encounters.end_date
        )
    qualify row_number() over (
        partition by assessments.patient_id order by assessments.start_at asc, assessments.observation_id asc
    ) = 1
),

initial_population as (
    select
        indexes.patient_id,
        'PHQ-9 above 9 at a visit for depression' as criterion,
        'Observation' as resource_type,
        indexes.observation_id as resource_id,
        indexes.start_date as event_date
    from indexes
    inner join patients on indexes.patient_id = patients.patient_id
    where {{ age_in_years('patients.birth_date', 'indexes.start_date') }} >= 12
),

{% set window = "facts.start_date <= indexes.assessed_until and facts.end_date >= " ~ period_start(months=-14) -%}
-- Hospice and palliative care from the beginning of identification to the end of the assessment.
care as (
    select
        patient_id,
        'Encounter' as resource_type,
        encounter_id as resource_id,
        start_date,
        end_date
    from {{ ref('int_measure_encounters') }}
    where
        (value_set = 'hospice_encounter' and status not in ('cancelled', 'entered-in-error', 'unknown'))
        or (value_set = 'palliative_care_encounter' and status = 'finished')
    union all
    -- A stay counts by the day it ended.
    select
        patient_id,
        'Encounter' as resource_type,
        encounter_id as resource_id,
        end_date as start_date,
        end_date
    from {{ ref('int_measure_encounters') }}
    where value_set = 'encounter_inpatient' and status = 'finished' and is_discharged_to_hospice
    union all
    select
        patient_id,
        'Observation' as resource_type,
        observation_id as resource_id,
        start_date,
        end_date
    from {{ ref('int_measure_observations') }}
    where
        is_final
        and (
            (value_set = 'hospice_care_assessment' and {{ any_in_value_set('value_codings', ['yes']) }})
            or value_set = 'palliative_care_assessment'
        )
    union all
    select
        patient_id,
        resource_type,
        order_id as resource_id,
        authored_date as start_date,
        authored_date as end_date
    from {{ ref('int_measure_orders') }}
    where value_set = 'hospice_care_ambulatory' and resource_type = 'ServiceRequest' and {{ is_order() }}
    union all
    select
        patient_id,
        'Procedure' as resource_type,
        procedure_id as resource_id,
        start_date,
        end_date
    from {{ ref('int_measure_procedures') }}
    where
        value_set in ('hospice_care_ambulatory', 'palliative_care_intervention')
        and status not in ('not-done', 'entered-in-error', 'unknown')
    union all
    select
        patient_id,
        'Condition' as resource_type,
        condition_id as resource_id,
        start_date,
        end_date
    from {{ ref('int_measure_conditions') }}
    where
        value_set in ('hospice_diagnosis', 'palliative_care_diagnosis')
        and is_verified
        and (is_encounter or is_problem)
),

exclusions as (
    select
        indexes.patient_id,
        'hospice or palliative care' as criterion,
        facts.resource_type,
        facts.resource_id,
        facts.start_date as event_date
    from indexes
    inner join care as facts on indexes.patient_id = facts.patient_id
    where {{ window }}
    union all
    select
        indexes.patient_id,
        'other mental disorder' as criterion,
        'Condition' as resource_type,
        conditions.condition_id as resource_id,
        conditions.start_date as event_date
    from indexes
    inner join {{ ref('int_measure_conditions') }} as conditions on indexes.patient_id = conditions.patient_id
    where
        conditions.value_set in (
            'bipolar_disorder', 'personality_disorder_emotionally_labile', 'schizophrenia_or_psychotic_disorder',
            'pervasive_developmental_disorder'
        )
        and conditions.is_verified
        and (conditions.is_encounter or conditions.is_problem)
        and conditions.start_date <= indexes.assessed_until
    union all
    select
        indexes.patient_id,
        'died' as criterion,
        'Patient' as resource_type,
        indexes.patient_id as resource_id,
        patients.deceased_date as event_date
    from indexes
    inner join patients on indexes.patient_id = patients.patient_id
    where patients.deceased_date <= indexes.assessed_until
),

latest as (
    select assessments.*
    from assessments
    inner join indexes on assessments.patient_id = indexes.patient_id
    where assessments.start_date between indexes.assessed_from and indexes.assessed_until
    qualify row_number() over (
        partition by assessments.patient_id order by assessments.start_at desc, assessments.observation_id desc
    ) = 1
),

numerator as (
    select {{ as_evidence('observation', 'PHQ-9 below 5 twelve months later', 'start_date') }}
    from latest
    where value_number < 5
),

final as (
    {{ measure_evidence('CMS159', {1: {
        'initial-population': 'initial_population', 'denominator-exclusion': 'exclusions', 'numerator': 'numerator'}}) }}
)

select * from final
