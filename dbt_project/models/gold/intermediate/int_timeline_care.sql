{{ config(materialized='view') }}

with encounters as (
    select
        *,
        case
            when class_code in ('IMP', 'ACUTE', 'NONAC') then 'admission'
            when class_code = 'EMER' then 'emergency_visit'
            else 'visit'
        end as kind,
        case
            when class_code in ('IMP', 'ACUTE', 'NONAC') then 'Hospital stay'
            when class_code = 'EMER' then 'Emergency visit'
            when class_code = 'VR' then 'Virtual visit'
            else 'Visit'
        end as kind_display
    from {{ ref('encounter') }}
    where coalesce(status, 'unknown') not in ('cancelled', 'entered-in-error', 'planned')
),

appointments as (
    select
        *,
        start_at >= {{ as_of_end() }} as is_later
    from {{ ref('appointment') }}
    where
        coalesce(status, 'booked') != 'entered-in-error'
        and (start_at < {{ as_of_end() }} or coalesce(booked_at < {{ as_of_end() }}, true))
),

patients as (
    select * from {{ ref('patient') }}
)

select
    {{ timeline_event(
        "kind", 'Encounter', 'encounter_id',
        title='kind_display',
        moment='start_at', precision='start_at_precision',
        code='class_code', code_system="'http://terminology.hl7.org/CodeSystem/v3-ActCode'",
        detail="nullif(concat_ws(': ', nullif(type_display, reason_text), reason_text), '')", encounter_id='encounter_id'
    ) }}
from encounters
union all
select
    {{ timeline_event(
        "'discharge'", 'Encounter', 'encounter_id',
        title="'Discharge'",
        moment='end_at', precision='end_at_precision',
        code='class_code', code_system="'http://terminology.hl7.org/CodeSystem/v3-ActCode'",
        detail='discharge_disposition', encounter_id='encounter_id'
    ) }}
from encounters
where kind = 'admission'
union all
select
    {{ timeline_event(
        "'appointment'", 'Appointment', 'appointment_id',
        title="coalesce(type_display, 'Appointment')",
        moment='start_at',
        detail="case when is_later then 'booked' else concat_ws(', ', status, cancel_reason) end",
        is_upcoming="is_later"
    ) }}
from appointments
where not is_later or status != 'cancelled' or cancelled_at >= {{ as_of_end() }}
union all
select
    {{ timeline_event(
        "'death'", 'Patient', 'patient_id', title="'Death'",
        moment='deceased_at', precision='deceased_at_precision'
    ) }}
from patients
