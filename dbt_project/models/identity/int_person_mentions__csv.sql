{{ config(materialized='view') }}
-- Its million rows are read twice, and made in less time than they are written.
with dispenses as (
    select
        source_system,
        feed,
        source_record_id,
        received_at,
        message_at,
        record_index,
        'CORNERRX' as id_authority,
        patient_number as id_value,
        last_name as family,
        first_name as given,
        dob as birth_date_text,
        sex,
        [phone] as phones,
        address as address_line,
        city,
        state,
        zip as postal_code,
        [member_id] as member_ids
    from {{ ref('stg_pharmacy__dispenses') }}
),

activities as (
    select
        source_system,
        feed,
        source_record_id,
        received_at,
        message_at,
        record_index,
        'WEARABLE' as id_authority,
        device_user_id as id_value,
        last_name as family,
        first_name as given,
        dob as birth_date_text,
        [phone] as phones,
        [email] as emails
    from {{ ref('stg_wearables__daily_activity') }}
),

answers as (
    select
        source_system,
        feed,
        source_record_id,
        received_at,
        message_at,
        record_index,
        'STATEIIS' as id_authority,
        registry_id as id_value,
        last_name as family,
        first_name as given,
        middle_name as middle,
        dob as birth_date_text,
        sex,
        [phone] as phones,
        address as address_line,
        city,
        state,
        zip as postal_code,
        county_fips
    from {{ ref('stg_public_health__sdoh_answers') }}
),

appointments as (
    select
        source_system,
        feed,
        source_record_id,
        received_at,
        message_at,
        record_index,
        'SCHEDULING' as id_authority,
        patient_number as id_value,
        last_name as family,
        first_name as given,
        dob as birth_date_text,
        sex,
        [phone] as phones
    from {{ ref('stg_scheduling__appointments') }}
),

statements as (
    select
        source_system,
        feed,
        source_record_id,
        received_at,
        message_at,
        record_index,
        'BILLING' as id_authority,
        patient_number as id_value,
        last_name as family,
        first_name as given,
        dob as birth_date_text,
        address as address_line,
        city,
        state,
        zip as postal_code,
        [member_id] as member_ids
    from {{ ref('stg_billing__statements') }}
),

-- Open mHealth names nobody: the device user is known from the vendor's own rows.
measures as (
    select
        source_system,
        feed,
        source_record_id,
        received_at,
        message_at,
        record_index,
        'WEARABLE' as id_authority,
        device_user_id as id_value
    from {{ ref('stg_wearables__omh_datapoints') }}
),

-- Nor do vendors' payloads.
vendor_measures as (
    select
        source_system,
        feed,
        source_record_id,
        any_value(received_at) as received_at,
        max(coalesce(said_at, received_at)) as message_at,
        any_value(record_index) as record_index,
        'WEARABLE' as id_authority,
        device_user_id as id_value
    from {{ ref('stg_wearables__vendor_measures') }}
    where device_user_id is not null
    group by source_system, feed, source_record_id, device_user_id
),

rows_named as (
    select * from dispenses
    union all by name
    select * from activities
    union all by name
    select * from answers
    union all by name
    select * from appointments
    union all by name
    select * from statements
    union all by name
    select * from measures
    union all by name
    select * from vendor_measures
),

final as (
    select
        * replace (
            list_filter(phones, lambda x: x is not null) as phones,
            list_filter(emails, lambda x: x is not null) as emails,
            list_filter(member_ids, lambda x: x is not null) as member_ids
        ),
        {{ record_order() }} as record_order,
        'patient' as person_role,
        'PI' as id_type
    from rows_named
)

{{ mention_select('final', absent=[
    'null_columns',
    'identifiers', 'prior_identifiers', 'suffix', 'former_families', 'ssn', 'race_code',
    'ethnicity_code', 'language', 'marital_status', 'deceased_text', 'multiple_birth']) }}
