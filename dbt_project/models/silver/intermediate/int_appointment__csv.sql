{{ config(materialized='view') }}
with appointments as (
    select * from {{ ref('stg_scheduling__appointments') }}
),

final as (
    select
        {{ csv_int_provenance() }},
        'SCHEDULING' as id_authority,
        patient_number as id_value,
        appointment_number as source_key,
        appointment_number,
        -- FHIR appointmentstatus; a word that we do not know is a booking until the system says otherwise.
        case lower(replace(replace(status, ' ', ''), '-', ''))
            when 'pending' then 'pending'
            when 'waitlist' then 'waitlist'
            when 'arrived' then 'arrived'
            when 'checkedin' then 'checked-in'
            when 'completed' then 'fulfilled'
            when 'canceled' then 'cancelled'
            when 'cancelled' then 'cancelled'
            when 'noshow' then 'noshow'
            when 'deleted' then 'entered-in-error'
            else 'booked'
        end as status,
        start_at,
        start_at + to_minutes(duration_minutes) as end_at,
        duration_minutes as minutes,
        appointment_type as type_display,
        department,
        {{ practitioner_key('provider_npi', 'source_system', 'null', 'null') }} as practitioner_key,
        {{ location_key('source_system', 'null', 'location') }} as location_key,
        booked_at,
        cancelled_at,
        cancel_reason
    from appointments
    where appointment_number is not null
)

{{ int_select('appointment', 'final', absent=['participants', 'filler_namespace', 'placer_namespace', 'type_code', 'reason_text']) }}
