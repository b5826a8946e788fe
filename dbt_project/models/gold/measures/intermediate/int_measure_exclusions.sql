-- Hospice, palliative care, frailty with advanced illness, life in a nursing home: who is left out of most measures,
-- and why. Frailty and advanced illness count only together, or alone from the age of 81 (see the last part).
with patients as (
    select * from {{ ref('int_measure_patients') }}
),

encounters as (
    select * from {{ ref('int_measure_encounters') }}
    where status = 'finished'
),

observations as (
    select * from {{ ref('int_measure_observations') }}
    where is_final
),

procedures as (
    select * from {{ ref('int_measure_procedures') }}
    where status = 'completed'
),

orders as (
    select * from {{ ref('int_measure_orders') }}
    where intent in {{ orders_intents() }} and not is_prohibited
),

facts as (
    select
        'hospice' as exclusion,
        'discharged to hospice' as criterion,
        patient_id,
        'Encounter' as resource_type,
        encounter_id as resource_id,
        end_date as event_date
    from encounters
    where value_set = 'encounter_inpatient' and is_discharged_to_hospice and {{ in_period('end_date') }}
    union all by name
    select
        case value_set
            when 'hospice_encounter' then 'hospice'
            when 'palliative_care_encounter' then 'palliative'
            else 'frailty'
        end as exclusion,
        replace(value_set, '_', ' ') as criterion,
        patient_id,
        'Encounter' as resource_type,
        encounter_id as resource_id,
        start_date as event_date
    from encounters
    where
        value_set in ('hospice_encounter', 'palliative_care_encounter', 'frailty_encounter')
        and {{ overlaps_period('start_date', 'end_date') }}
    union all by name
    select
        case value_set
            when 'hospice_care_assessment' then 'hospice'
            when 'palliative_care_assessment' then 'palliative'
        end as exclusion,
        replace(value_set, '_', ' ') as criterion,
        patient_id,
        'Observation' as resource_type,
        observation_id as resource_id,
        start_date as event_date
    from observations
    where
        {{ overlaps_period('start_date', 'end_date') }}
        and (
            (value_set = 'hospice_care_assessment' and {{ any_in_value_set('value_codings', ['yes']) }})
            or value_set = 'palliative_care_assessment'
        )
    union all by name
    select
        case value_set when 'hospice_care_ambulatory' then 'hospice' else 'palliative' end as exclusion,
        replace(value_set, '_', ' ') as criterion,
        patient_id,
        'Procedure' as resource_type,
        procedure_id as resource_id,
        start_date as event_date
    from procedures
    where
        value_set in ('hospice_care_ambulatory', 'palliative_care_intervention')
        and {{ overlaps_period('start_date', 'end_date') }}
    union all by name
    select
        case value_set when 'hospice_care_ambulatory' then 'hospice' else 'frailty' end as exclusion,
        replace(value_set, '_', ' ') || ' ordered' as criterion,
        patient_id,
        resource_type,
        order_id as resource_id,
        authored_date as event_date
    from orders
    where
        status in ('active', 'completed')
        and {{ in_period('authored_date') }}
        and (
            (value_set = 'hospice_care_ambulatory' and resource_type = 'ServiceRequest')
            or (value_set = 'frailty_device' and resource_type = 'DeviceRequest')
        )
    union all by name
    select
        case conditions.value_set
            when 'hospice_diagnosis' then 'hospice'
            when 'palliative_care_diagnosis' then 'palliative'
            else 'frailty'
        end as exclusion,
        replace(conditions.value_set, '_', ' ') as criterion,
        conditions.patient_id,
        'Condition' as resource_type,
        conditions.condition_id as resource_id,
        conditions.start_date as event_date
    from {{ ref('int_measure_conditions') }} as conditions
    where
        conditions.value_set in ('hospice_diagnosis', 'palliative_care_diagnosis', 'frailty_diagnosis')
        and conditions.is_verified
        and (conditions.is_encounter or conditions.is_problem)
        and {{ overlaps_period('conditions.start_date', 'conditions.end_date') }}
    union all by name
    select
        'frailty' as exclusion,
        replace(value_set, '_', ' ') as criterion,
        patient_id,
        'Observation' as resource_type,
        observation_id as resource_id,
        start_date as event_date
    from {{ ref('int_measure_observations') }}
    where
        (
            value_set = 'medical_equipment_used'
            and is_final
            and {{ in_period('end_date') }}
            and {{ any_in_value_set('value_codings', ['frailty_device']) }}
        )
        or (
            value_set = 'frailty_symptom'
            and status in ('preliminary', 'final', 'amended', 'corrected')
            and {{ overlaps_period('start_date', 'end_date') }}
        )
    union all by name
    select
        'advanced illness' as exclusion,
        'advanced illness' as criterion,
        conditions.patient_id,
        'Condition' as resource_type,
        conditions.condition_id as resource_id,
        conditions.start_date as event_date
    from {{ ref('int_measure_conditions') }} as conditions
    where
        conditions.value_set = 'advanced_illness'
        and conditions.is_verified
        and (conditions.is_encounter or conditions.is_problem)
        and conditions.start_date between {{ period_start(years=-1) }} and {{ period_end() }}
    union all by name
    select
        'advanced illness' as exclusion,
        'dementia medication' as criterion,
        patient_id,
        resource_type,
        order_id as resource_id,
        start_date as event_date
    from orders
    where
        value_set = 'dementia_medications'
        and resource_type = 'MedicationRequest'
        and status = 'active'
        and start_date <= {{ period_end() }}
        and end_date >= {{ period_start(years=-1) }}
    union all by name
    select
        'nursing home' as exclusion,
        'lives in a nursing home' as criterion,
        patient_id,
        'Observation' as resource_type,
        observation_id as resource_id,
        end_date as event_date
    from (
        select *
        from observations
        where value_set = 'housing_status' and end_date <= {{ period_end() }}
        qualify row_number() over (partition by patient_id order by end_date desc, start_at desc, observation_id desc) = 1
    ) as latest
    where {{ any_in_value_set('latest.value_codings', ['lives_in_nursing_home']) }}
),

frail as (
    select distinct patient_id from facts
    where exclusion = 'frailty'
),

ill as (
    select distinct patient_id from facts
    where exclusion = 'advanced illness'
)

select
    case
        when facts.exclusion = 'nursing home' then 'nursing home from 66'
        when facts.exclusion in ('hospice', 'palliative') then facts.exclusion
        when patients.age_at_end >= 81 and ill.patient_id is null then 'frailty from 81'
        when patients.age_at_end >= 81 then 'frailty and advanced illness from 81'
        else 'frailty and advanced illness from 66'
    end as exclusion,
    facts.criterion,
    facts.patient_id,
    facts.resource_type,
    facts.resource_id,
    facts.event_date
from facts
inner join patients on facts.patient_id = patients.patient_id
left join frail on facts.patient_id = frail.patient_id
left join ill on facts.patient_id = ill.patient_id
where
    facts.exclusion in ('hospice', 'palliative')
    or (facts.exclusion = 'nursing home' and patients.age_at_end >= 66)
    or (
        facts.exclusion in ('frailty', 'advanced illness')
        and patients.age_at_end >= 66
        and frail.patient_id is not null
        and (ill.patient_id is not null or patients.age_at_end >= 81)
    )
