{{ config(materialized='view') }}
with dispenses as (
    select * from {{ ref('stg_pharmacy__dispenses') }}
),

final as (
    select
        source_system,
        feed,
        source_record_id,
        received_at,
        -- A reversal is known when the extract that says so arrives; the row keeps the time of the sale.
        case
            when upper(status) in ('REVERSED', 'RETURNED', 'VOID', 'CANCELLED', 'CANCELED') then received_at
            else coalesce(message_at, received_at)
        end as recorded_at,
        record_index * 1000000 as record_order,
        'CORNERRX' as id_authority,
        patient_number as id_value,
        [struct_pack("system" := 'http://hl7.org/fhir/sid/ndc', code := ndc, display := drug_name)] as codings,
        rx_number || '|' || coalesce(fill_number, 0) as source_key,
        rx_number,
        fill_number,
        case upper(status)
            when 'SOLD' then 'completed'
            when 'PICKED UP' then 'completed'
            when 'REVERSED' then 'cancelled'
            when 'RETURNED' then 'cancelled'
            when 'VOID' then 'cancelled'
            when 'CANCELLED' then 'cancelled'
            when 'CANCELED' then 'cancelled'
            when 'READY' then 'in-progress'
            when 'FILLED' then 'in-progress'
            when 'ON HOLD' then 'on-hold'
            else 'unknown'
        end as status,
        coalesce(sold_at, fill_date) as when_handed_over_at,
        case when sold_at is null then 'day' else 'minute' end as when_handed_over_at_precision,
        fill_date as dispensed_date,
        ndc,
        quantity,
        days_supply,
        {{ organization_key('pharmacy_npi', 'source_system', 'null', 'null') }} as pharmacy_organization_key,
        {{ practitioner_key('prescriber_npi', 'source_system', 'null', 'null') }} as practitioner_key
    from dispenses
    where rx_number is not null
)

{{ int_select('medication_dispense', 'final', absent=[
    'local_system', 'local_code', 'order_number', 'quantity_unit', 'dosage_text', 'visit_number', 'visit_namespace']) }}
