{{ config(materialized='view') }}
-- RXD to MedicationDispense: RXD-1 counts the fills (0 the first), RXD-2 product, RXD-3 when, RXD-4 how
-- much, RXD-7 prescription. HL7's map has no RXD yet.
with segments as (
    select * from {{ ref('stg_hl7v2__rxd') }}
),

orders as (
    select * from {{ ref('stg_hl7v2__orc') }}
),

encoded as (
    select * from {{ ref('stg_hl7v2__rxe') }}
),

final as (
    select
        segments.source_system,
        segments.feed,
        segments.source_record_id,
        segments.received_at,
        coalesce(segments.message_at, segments.received_at) as recorded_at,
        segments.record_index * 1000000 + segments.segment_index as record_order,
        persons.owner_authority as id_authority,
        persons.owner_value as id_value,
        {{ hl7_local_system('segments.dispense') }} as local_system,
        {{ hl7_local_code('segments.dispense') }} as local_code,
        {{ hl7_codings('segments.dispense', 'segments.source_system') }} as codings,
        coalesce(
            segments.prescription_number, orders.filler_order_number, segments.source_record_id || ':' || segments.segment_index
        ) || '|' || coalesce(segments.dispense_sub_id, 0) as source_key,
        coalesce(segments.prescription_number, orders.filler_order_number) as rx_number,
        segments.dispense_sub_id as fill_number,
        orders.placer_order_number as order_number,
        case
            when orders.order_control in ('CA', 'OC', 'CR') or orders.order_status = 'CA' then 'cancelled'
            when orders.order_control in ('DC', 'OD') or orders.order_status = 'DC' then 'stopped'
            when orders.order_status = 'HD' then 'on-hold'
            when orders.order_status in ('IP', 'SC') then 'in-progress'
            else 'completed'
        end as status,
        segments.dispensed_at as when_handed_over_at,
        segments.dispensed_at_precision as when_handed_over_at_precision,
        segments.dispensed_date,
        case
            when upper(segments.dispense_system) = 'NDC' then segments.dispense_code
            when upper(segments.dispense_alternate_system) = 'NDC' then segments.dispense_alternate_code
        end as ndc,
        segments.dispense_amount as quantity,
        segments.dispense_unit as quantity_unit,
        {{ hl7_unit_coding('segments.dispense_unit', 'segments.source_system') }} as quantity_coding,
        visits.visit_number,
        visits.visit_namespace,
        coalesce(
            try_cast(nullif(regexp_extract(segments.dispense_notes, '(?i)days supply:? *([0-9]+)', 1), '') as integer),
            dosages.days_supply
        ) as days_supply,
        {{ hl7_practitioner_key('segments.dispensing_providers[1]', 'segments.source_system') }} as practitioner_key,
        coalesce(
            array_to_string(list_transform(encoded.administration_instructions, lambda one: one.text), chr(10)),
            array_to_string(list_transform(segments.dispense_instructions, lambda one: one.text), chr(10))
        ) as dosage_text,
        dosages.dosage,
        -- RXD-9 has the days' supply in some feeds, which is no comment.
        {{ fhir_object({
            'note': fhir_array([fhir_object({
                'text': fhir_string("case when not regexp_matches(segments.dispense_notes, '(?i)^days supply:? *[0-9]+$') then segments.dispense_notes end")
            })]),
        }) }} as further
    from segments
    left join {{ ref('int_hl7v2__persons') }} as persons
        on
            segments.file_sha256 = persons.file_sha256
            and segments.record_index = persons.record_index
            and segments.pid_index = persons.pid_index
    left join orders
        on
            segments.file_sha256 = orders.file_sha256
            and segments.record_index = orders.record_index
            and segments.orc_index = orders.segment_index
    left join encoded
        on
            segments.file_sha256 = encoded.file_sha256
            and segments.record_index = encoded.record_index
            and segments.rxe_index = encoded.segment_index
    {{ hl7_join_visit() }}
    {{ hl7_join_segment(ref('int_hl7v2__dosages'), 'dosages', 'segments.segment_index') }}
)

{{ int_select('medication_dispense', 'final', absent=['pharmacy_organization_key'], further=true, own=['dosage', 'quantity_coding']) }}
