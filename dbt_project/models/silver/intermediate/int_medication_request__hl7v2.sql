-- noqa: disable=LT02, LT09
{{ config(materialized='view') }}
-- RXE and RXO to MedicationRequest. HL7's map has no RXE yet: FHIR's element definitions and what public
-- converters agree on. The order control (ORC-1, table 0119) and status (ORC-5, 0038) speak of the order
-- only in order messages; in a dispense message (RDS) they speak of the dispense.
with encoded as (
    select
        * exclude (give_minimum, give_maximum, supplementary_code, supplementary_display, supplementary_system),
        cast(null as varchar) as dispense_code,
        {{ hl7_substitution('substitution_status', '0167') }} as substitution,
        {{ hl7_concept_parts('indications', 'source_system') }} as indication_parts
    from {{ ref('stg_hl7v2__rxe') }}
),

requested as (
    select
        source_system, feed, file_sha256, record_index, source_record_id, received_at, message_type, message_at,
        segment_index, pid_index, pv1_index, orc_index,
        requested_give_code as give_code,
        requested_give_display as give_display,
        requested_give_system as give_system,
        requested_give_alternate_code as give_alternate_code,
        requested_give_alternate_display as give_alternate_display,
        requested_give_alternate_system as give_alternate_system,
        dispense_amount,
        dispense_unit,
        dispense_unit_display,
        dispense_unit_system,
        refills,
        ordering_providers,
        administration_instructions,
        {{ hl7_substitution('allow_substitutions', '0161') }} as substitution,
        {{ hl7_concept_parts('indications', 'source_system') }} as indication_parts
    from {{ ref('stg_hl7v2__rxo') }}
),

orders as (
    select
        *,
        {{ hl7_concept_parts('reasons[:1]', 'source_system') }} as reason_parts
    from {{ ref('stg_hl7v2__orc') }}
),

-- An ORC alone (a cancellation, a hold) is word of an order, but none that makes one.
transactions as (
    select
        source_system, feed, file_sha256, record_index, source_record_id, received_at, message_type, message_at,
        segment_index, pid_index, pv1_index,
        segment_index as orc_index,
        true as is_transaction
    from orders
    {%- for segment in ['rxo', 'rxe', 'rxd', 'rxa', 'obr'] %}
    anti join {{ ref('stg_hl7v2__' ~ segment) }} as {{ segment }}
        on
            orders.file_sha256 = {{ segment }}.file_sha256
            and orders.record_index = {{ segment }}.record_index
            and orders.segment_index = {{ segment }}.orc_index
    {%- endfor %}
    where order_control in ('CA', 'OC', 'CR', 'DC', 'OD', 'DR', 'HD', 'OH', 'HR', 'RL', 'OE', 'OR', 'DE')
),

segments as (
    select * from encoded
    union all by name
    select * from requested
    union all by name
    select * from transactions
),

dosages as (
    select * from {{ ref('int_hl7v2__dosages') }}
),

notes as (
    {{ hl7_notes(wanted="not regexp_matches(message_type, '^(ORU|OUL)')") }}
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
        visits.visit_number,
        visits.visit_namespace,
        {{ hl7_local_system('give') }} as local_system,
        {{ hl7_local_code('give') }} as local_code,
        {{ hl7_codings('give', 'segments.source_system') }} as codings,
        coalesce(
            orders.placer_order_number, segments.prescription_number, orders.filler_order_number,
            segments.source_record_id || ':' || segments.segment_index
        ) as source_key,
        orders.placer_order_number as order_number,
        upper(orders.placer_namespace) as order_namespace,
        coalesce(segments.prescription_number, orders.filler_order_number) as rx_number,
        case
            when starts_with(segments.message_type, 'RDS') then null
            when orders.order_control in ('CA', 'OC', 'CR') or orders.order_status = 'CA' then 'cancelled'
            when orders.order_control in ('DC', 'OD', 'DR') or orders.order_status = 'DC' then 'stopped'
            when orders.order_control in ('HD', 'OH', 'HR') or orders.order_status = 'HD' then 'on-hold'
            when orders.order_status = 'CM' then 'completed'
            when orders.order_control = 'DE' then 'entered-in-error'
            when orders.order_control in ('RL', 'OE', 'OR') or not coalesce(segments.is_transaction, false) then 'active'
        end as status,
        'order' as intent,
        -- ORC-9 is when the transaction took place: the order's own time only where that made it.
        case
            when coalesce(orders.order_control, 'NW') in ('NW', 'SN', 'RO', 'PA', 'CH', 'RE') and orders.transaction_at is not null
                then orders.transaction_at
            else coalesce(segments.original_order_at, dosages.start_at)
        end as authored_at,
        case
            when coalesce(orders.order_control, 'NW') in ('NW', 'SN', 'RO', 'PA', 'CH', 'RE') and orders.transaction_at is not null
                then orders.transaction_at_precision
            when segments.original_order_at is not null then segments.original_order_at_precision
            else dosages.start_at_precision
        end as authored_at_precision,
        coalesce(segments.is_transaction, false) as is_transaction,
        case
            when upper(segments.give_system) = 'NDC' then segments.give_code
            when upper(segments.give_alternate_system) = 'NDC' then segments.give_alternate_code
        end as ndc,
        segments.dispense_amount as quantity,
        segments.dispense_unit as quantity_unit,
        {{ hl7_unit_coding('segments.dispense_unit', 'segments.source_system') }} as quantity_coding,
        dosages.days_supply,
        segments.refills,
        {{ hl7_practitioner_key('coalesce(segments.ordering_providers, orders.ordering_providers)[1]', 'segments.source_system') }} as practitioner_key,
        coalesce(
            array_to_string(list_transform(segments.administration_instructions, lambda one: one.text), chr(10)),
            array_to_string(list_transform(segments.dispense_instructions, lambda one: one.text), chr(10)),
            dosages.text_instruction
        ) as dosage_text,
        dosages.dosage,
        nullif(concat_ws(chr(10), order_notes.note, notes.note), '') as note,
        {{ fhir_object({
            'priority': fhir_token(hl7_request_priority('dosages.priority')),
            'statusReason': "case when orders.order_control in ('CA', 'OC', 'CR', 'DC', 'OD', 'DR', 'HD', 'OH', 'HR') then ("
                ~ fhir_concept_of('orders.reason_parts[1].codings', 'orders.reason_parts[1]."text"') ~ ") end",
            'reasonCode': fhir_concepts_of('segments.indication_parts'),
            'substitution': fhir_object({'allowedCodeableConcept': 'segments.substitution'}),
        }) }} as further,
        {{ hl7_null_columns('segments.null_fields', {
            '7': ['dosage_text'],
            '7.2': ['dosage_text'],
            '10': ['quantity'],
            '11': ['quantity_unit'],
            '12': ['refills'],
            '13': ['practitioner_key'],
        }) }} as null_columns
    from segments
    left join {{ ref('int_hl7v2__persons') }} as persons
        on
            segments.file_sha256 = persons.file_sha256
            and segments.record_index = persons.record_index
            and segments.pid_index = persons.pid_index
    left join {{ ref('int_hl7v2__visits') }} as visits
        on
            segments.file_sha256 = visits.file_sha256
            and segments.record_index = visits.record_index
            and segments.pv1_index = visits.pv1_index
    left join orders
        on
            segments.file_sha256 = orders.file_sha256
            and segments.record_index = orders.record_index
            and segments.orc_index = orders.segment_index
    {{ hl7_join_segment('dosages', 'dosages', 'segments.segment_index') }}
    {{ hl7_join_segment('notes', 'order_notes', 'segments.orc_index', column='parent_index') }}
    {{ hl7_join_segment('notes', 'notes', 'nullif(segments.segment_index, segments.orc_index)', column='parent_index') }}
)

{{ int_select('medication_request', 'final', nulls=true, further=true, own=['is_transaction', 'dosage', 'quantity_coding']) }}
