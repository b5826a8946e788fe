{{ config(materialized='incremental', incremental_strategy='append') }}

with appointments as (
    {{ csv_rows('appointments') }}
),

named as (
    select
        {{ csv_provenance() }},
        time_zone,
        {{ csv_columns([
            'appointment_id', 'patient_number', 'last_name', 'first_name', 'dob', 'sex', 'phone', 'provider_npi',
            'provider_name', 'department', 'location', 'appointment_type', 'start_local', 'duration_minutes', 'status',
            'booked_at', 'cancelled_at', 'cancel_reason', 'updated_at',
        ]) }}
    from appointments
)

select
    {{ csv_provenance() }},
    {{ csv_timestamp('updated_at', ['%Y-%m-%d %H:%M', '%Y-%m-%d %H:%M:%S']) }} as message_at,
    appointment_id as appointment_number,
    patient_number,
    last_name,
    first_name,
    dob,
    {{ csv_date('dob', ['%Y-%m-%d', '%m/%d/%Y']) }} as birth_date,
    sex,
    phone,
    provider_npi,
    provider_name,
    department,
    location,
    appointment_type,
    {{ csv_timestamp('start_local', ['%Y-%m-%d %H:%M', '%Y-%m-%d %H:%M:%S']) }} as start_at,
    {{ csv_integer('duration_minutes') }} as duration_minutes,
    status,
    {{ csv_timestamp('booked_at', ['%Y-%m-%d %H:%M', '%Y-%m-%d %H:%M:%S']) }} as booked_at,
    {{ csv_timestamp('cancelled_at', ['%Y-%m-%d %H:%M', '%Y-%m-%d %H:%M:%S']) }} as cancelled_at,
    cancel_reason,
    {{ csv_timestamp('updated_at', ['%Y-%m-%d %H:%M', '%Y-%m-%d %H:%M:%S']) }} as updated_at
from named
