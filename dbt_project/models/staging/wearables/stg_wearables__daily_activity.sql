{{ config(materialized='incremental', incremental_strategy='append') }}

with activities as (
    {{ csv_rows('daily_activity') }}
),

named as (
    select
        {{ csv_provenance() }},
        {{ csv_columns([
            'device_user_id', 'first_name', 'last_name', 'dob', 'email', 'phone', 'device_model', 'activity_date',
            'steps', 'distance_km', 'active_minutes', 'calories_kcal', 'resting_hr_bpm', 'sleep_minutes', 'updated_at',
        ]) }}
    from activities
)

select
    {{ csv_provenance() }},
    -- The vendor writes UTC with a Z.
    {{ instant_to_utc('try_cast(updated_at as timestamptz)') }} as message_at,
    device_user_id,
    first_name,
    last_name,
    dob,
    {{ csv_date('dob', ['%Y-%m-%d', '%m/%d/%Y']) }} as birth_date,
    email,
    phone,
    device_model,
    {{ csv_date('activity_date', ['%Y-%m-%d', '%m/%d/%Y']) }} as activity_date,
    {{ csv_integer('steps') }} as steps,
    {{ csv_double('distance_km') }} as distance_km,
    {{ csv_double('active_minutes') }} as active_minutes,
    {{ csv_double('calories_kcal') }} as calories_kcal,
    {{ csv_double('resting_hr_bpm') }} as resting_hr_bpm,
    {{ csv_double('sleep_minutes') }} as sleep_minutes,
    {{ instant_to_utc('try_cast(updated_at as timestamptz)') }} as updated_at
from named
