{{ config(materialized='incremental', incremental_strategy='append') }}

with dispenses as (
    {{ csv_rows('dispenses') }}
),

named as (
    select
        {{ csv_provenance() }},
        time_zone,
        {{ csv_columns([
            'rx_number', 'fill_number', 'patient_number', 'last_name', 'first_name', 'dob', 'sex', 'phone', 'address',
            'city', 'state', 'zip', 'member_id', 'prescriber_npi', 'prescriber_name', 'ndc', 'drug_name', 'quantity',
            'days_supply', 'written_date', 'fill_date', 'sold_at', 'pharmacy_npi', 'status', 'copay',
        ]) }}
    from dispenses
)

select
    {{ csv_provenance() }},
    coalesce(
        {{ csv_timestamp('sold_at', ['%m/%d/%Y %H:%M', '%Y-%m-%d %H:%M', '%Y-%m-%d %H:%M:%S']) }},
        {{ csv_date('fill_date', ['%m/%d/%Y', '%Y-%m-%d']) }}
    ) as message_at,
    rx_number,
    {{ csv_integer('fill_number') }} as fill_number,
    patient_number,
    last_name,
    first_name,
    dob,
    {{ csv_date('dob', ['%m/%d/%Y', '%Y-%m-%d']) }} as birth_date,
    sex,
    phone,
    address,
    city,
    state,
    zip,
    member_id,
    prescriber_npi,
    prescriber_name,
    ndc,
    drug_name,
    {{ csv_double('quantity') }} as quantity,
    {{ csv_integer('days_supply') }} as days_supply,
    {{ csv_date('written_date', ['%m/%d/%Y', '%Y-%m-%d']) }} as written_date,
    {{ csv_date('fill_date', ['%m/%d/%Y', '%Y-%m-%d']) }} as fill_date,
    {{ csv_timestamp('sold_at', ['%m/%d/%Y %H:%M', '%Y-%m-%d %H:%M', '%Y-%m-%d %H:%M:%S']) }} as sold_at,
    pharmacy_npi,
    status,
    {{ csv_decimal('copay') }} as copay
from named
