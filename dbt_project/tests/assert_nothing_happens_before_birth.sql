-- Nothing happens to a person before the day of birth, known to the day. 2026-11-21, warn: what a source carries is kept
-- and shown, not corrected.
{{ config(severity='warn') }}

with born as (
    select
        patient_id,
        birth_date
    from {{ ref('patient') }}
    where birth_date is not null and coalesce(birth_date_precision, 'day') = 'day'
),

events as (
    select
        patient_id,
        encounter_id as event_id,
        cast(start_at as date) as event_date
    from {{ ref('encounter') }}
    where status not in ('cancelled', 'entered-in-error') and coalesce(start_at_precision, 'second') not in ('month', 'year')
    union all
    select
        patient_id,
        observation_id as event_id,
        cast(effective_at as date) as event_date
    from {{ ref('observation') }}
    where status <> 'entered-in-error' and coalesce(effective_at_precision, 'second') not in ('month', 'year')
    union all
    select
        patient_id,
        condition_id as event_id,
        onset_date as event_date
    from {{ ref('condition') }}
    where verification_status is distinct from 'entered-in-error'
    union all
    select
        patient_id,
        procedure_id as event_id,
        performed_date as event_date
    from {{ ref('procedure') }}
    where status is distinct from 'entered-in-error'
    union all
    select
        patient_id,
        immunization_id as event_id,
        occurrence_date as event_date
    from {{ ref('immunization') }}
    where status <> 'entered-in-error'
    union all
    select
        patient_id,
        medication_dispense_id as event_id,
        dispensed_date as event_date
    from {{ ref('medication_dispense') }}
)

select events.event_id
from events
inner join born on events.patient_id = born.patient_id
-- The hours between here and Greenwich are no day before birth.
where events.event_date < born.birth_date - interval 1 day
