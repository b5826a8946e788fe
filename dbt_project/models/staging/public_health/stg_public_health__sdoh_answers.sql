{{ config(materialized='incremental', incremental_strategy='append') }}

with answers as (
    {{ csv_rows('sdoh_screening') }}
),

named as (
    select
        {{ csv_provenance() }},
        time_zone,
        {{ csv_columns([
            'screening_id', 'registry_id', 'last_name', 'first_name', 'middle_name', 'dob', 'sex', 'address', 'city',
            'county_fips', 'state', 'zip', 'phone', 'screened_at', 'instrument', 'question_code', 'question_text',
            'answer_code', 'answer_text', 'screener_org',
        ]) }}
    from answers
)

select
    * exclude (time_zone, screened_at),
    {{ csv_timestamp('screened_at', ['%Y-%m-%d %H:%M:%S', '%Y-%m-%d %H:%M', '%Y-%m-%d']) }} as message_at,
    {{ csv_date('dob', ['%Y-%m-%d', '%m/%d/%Y']) }} as birth_date,
    {{ csv_timestamp('screened_at', ['%Y-%m-%d %H:%M:%S', '%Y-%m-%d %H:%M', '%Y-%m-%d']) }} as screened_at
from named
