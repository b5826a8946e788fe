{{ config(materialized='incremental', incremental_strategy='append') }}

with statements as (
    {{ csv_rows('statements') }}
),

named as (
    select
        {{ csv_provenance() }},
        time_zone,
        {{ csv_columns([
            'statement_id', 'account_number', 'guarantor_number', 'patient_number', 'last_name', 'first_name', 'dob',
            'address', 'city', 'state', 'zip', 'statement_date', 'service_from', 'service_to', 'total_charges',
            'insurance_paid', 'adjustments', 'patient_paid', 'balance_due', 'payer_name', 'member_id',
        ]) }}
    from statements
)

select
    {{ csv_provenance() }},
    {{ csv_timestamp('statement_date', ['%Y%m%d', '%Y-%m-%d']) }} as message_at,
    statement_id as statement_number,
    account_number,
    guarantor_number,
    patient_number,
    last_name,
    first_name,
    dob,
    {{ csv_date('dob', ['%Y%m%d', '%Y-%m-%d', '%m/%d/%Y']) }} as birth_date,
    address,
    city,
    state,
    zip,
    {{ csv_date('statement_date', ['%Y%m%d', '%Y-%m-%d']) }} as statement_date,
    {{ csv_date('service_from', ['%Y%m%d', '%Y-%m-%d']) }} as service_start_date,
    {{ csv_date('service_to', ['%Y%m%d', '%Y-%m-%d']) }} as service_end_date,
    {{ csv_decimal('total_charges') }} as total_charges,
    {{ csv_decimal('insurance_paid') }} as insurance_paid,
    {{ csv_decimal('adjustments') }} as adjustments,
    {{ csv_decimal('patient_paid') }} as patient_paid,
    {{ csv_decimal('balance_due') }} as balance_due,
    payer_name,
    member_id
from named
