-- noqa: disable=LT02, LT09
{{ config(materialized='view') }}
-- ORC and OBR to ServiceRequest by HL7's Version 2 to FHIR (OML_O21, ORM_O01, ORU_R01; segments ORC, OBR, TQ1):
-- the order itself, and what a result says of the order that it answers. An ORC alone (a cancellation, a hold)
-- is word of an order too, but none that makes one.
with orc as (
    select * from {{ ref('stg_hl7v2__orc') }}
),

timings as (
    select distinct on (file_sha256, record_index, orc_index) *
    from {{ ref('stg_hl7v2__tq1') }}
    where orc_index is not null
    order by file_sha256 asc, record_index asc, orc_index asc, segment_index asc
),

medication_orders as (
    {%- for segment in ['rxo', 'rxe', 'rxd', 'rxa'] %}
    select file_sha256, record_index, orc_index from {{ ref('stg_hl7v2__' ~ segment) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

notes as (
    {{ hl7_notes(wanted="not regexp_matches(message_type, '^(ORU|OUL)')") }}
),

-- An ORC stands for its first OBR; further ones have its transaction, not its numbers.
details as (
    select
        obr.*,
        orc.order_control,
        orc.order_status,
        orc.transaction_at,
        orc.transaction_at_precision,
        orc.placer_group_number,
        orc.placer_group_namespace,
        orc.ordering_providers as orc_providers,
        orc.reasons as orc_reasons,
        orc.timing_start_at as orc_start_at,
        orc.timing_start_at_precision as orc_start_at_precision,
        orc.timing_priority as orc_priority,
        orc.null_fields as orc_null_fields,
        false as is_mention,
        case when orc.segment_index > coalesce(obr.obr_index, 0) then orc.placer_order_number end as orc_placer_number,
        case when orc.segment_index > coalesce(obr.obr_index, 0) then orc.placer_namespace end as orc_placer_namespace,
        case when orc.segment_index > coalesce(obr.obr_index, 0) then orc.filler_order_number end as orc_filler_number,
        case when orc.segment_index > coalesce(obr.obr_index, 0) then orc.filler_namespace end as orc_filler_namespace
    from {{ ref('stg_hl7v2__obr') }} as obr
    {{ hl7_join_segment('orc', 'orc', 'obr.orc_index', relation='obr') }}
),

transactions as (
    select
        orc.* exclude (reasons, ordering_providers, timing_start_at, timing_start_at_precision, timing_priority, null_fields),
        orc.segment_index as orc_index,
        orc.ordering_providers as orc_providers,
        orc.reasons as orc_reasons,
        orc.timing_start_at as orc_start_at,
        orc.timing_start_at_precision as orc_start_at_precision,
        orc.timing_priority as orc_priority,
        orc.null_fields as orc_null_fields,
        true as is_mention
    from orc
    anti join details
        on
            orc.file_sha256 = details.file_sha256
            and orc.record_index = details.record_index
            and orc.segment_index = details.orc_index
    anti join medication_orders
        on
            orc.file_sha256 = medication_orders.file_sha256
            and orc.record_index = medication_orders.record_index
            and orc.segment_index = medication_orders.orc_index
),

segments as (
    select
        *,
        coalesce(placer_order_number, orc_placer_number) as placer_number,
        coalesce(filler_order_number, orc_filler_number) as filler_number,
        -- When the specimen was taken for an order; what a result says there (OBR-7) is the observation's time.
        case when not regexp_matches(message_type, '^(ORU|OUL|MDM)') then observed_at end as collected_at,
        case when not regexp_matches(message_type, '^(ORU|OUL|MDM)') then observed_at_precision end as collected_at_precision
    from (
        select * from details
        union all by name
        select * from transactions
    ) as orders
    where coalesce(placer_order_number, orc_placer_number, filler_order_number, orc_filler_number) is not null
),

final as (
    select
        {{ hl7_int_provenance() }},
        persons.owner_authority as id_authority,
        persons.owner_value as id_value,
        {{ hl7_local_system('segments.service') }} as local_system,
        {{ hl7_local_code('segments.service') }} as local_code,
        {{ hl7_codings('segments.service', 'segments.source_system') }} as codings,
        coalesce(segments.placer_number, segments.filler_number) as source_key,
        segments.placer_number as placer_order_number,
        upper(coalesce(segments.placer_namespace, segments.orc_placer_namespace)) as placer_namespace,
        segments.filler_number as filler_order_number,
        upper(coalesce(segments.filler_namespace, segments.orc_filler_namespace)) as filler_namespace,
        segments.placer_group_number as requisition_number,
        upper(segments.placer_group_namespace) as requisition_namespace,
        case when not segments.is_mention then {{ hl7_report_key('segments', 'persons') }} end as report_source_key,
        segments.is_mention,
        visits.visit_number,
        visits.visit_namespace,
        {{ hl7_request_status('segments.order_control', 'segments.order_status', 'segments.result_status') }} as status,
        case when segments.specimen_action_code = 'G' then 'reflex-order' else 'order' end as intent,
        segments.diagnostic_service as category,
        coalesce(
            {{ hl7_request_priority('timings.priority') }},
            {{ hl7_request_priority('segments.timing_priority') }},
            {{ hl7_request_priority('segments.orc_priority') }},
            {{ hl7_request_priority('segments.priority') }}
        ) as priority,
        -- ORC-9 is when the transaction took place: the order's own time only where that made it.
        case when coalesce(segments.order_control, 'NW') in ('NW', 'SN', 'RO', 'PA', 'CH') then segments.transaction_at end as authored_at,
        case when coalesce(segments.order_control, 'NW') in ('NW', 'SN', 'RO', 'PA', 'CH') then segments.transaction_at_precision end
            as authored_at_precision,
        coalesce(
            timings.start_at, segments.timing_start_at, segments.orc_start_at, segments.requested_at, segments.collected_at
        ) as occurrence_at,
        case
            when timings.start_at is not null then timings.start_at_precision
            when segments.timing_start_at is not null then segments.timing_start_at_precision
            when segments.orc_start_at is not null then segments.orc_start_at_precision
            when segments.requested_at is not null then segments.requested_at_precision
            else segments.collected_at_precision
        end as occurrence_at_precision,
        {{ hl7_practitioner_key('coalesce(segments.orc_providers, segments.ordering_providers)[1]', 'segments.source_system') }}
            as practitioner_key,
        {{ hl7_value_codings('coalesce(segments.reasons, segments.orc_reasons)[1]', 'segments.source_system') }} as reason_codings,
        list_filter(
            list_transform(
                coalesce(segments.reasons, segments.orc_reasons),
                lambda reason: {{ hl7_value_codings('reason', 'segments.source_system') }}
            ),
            lambda reason: reason is not null
        ) as reasons,
        nullif(concat_ws(chr(10), order_notes.note, notes.note, timings.text_instruction), '') as note,
        case
            when schedules.repeated_timing is not null
                then {{ fhir_object({'occurrenceTiming': 'schedules.repeated_timing'}) }}
            when schedules.period_end is not null then {{ fhir_object({
                'occurrencePeriod': fhir_period(
                    'schedules.period_start."at"', 'schedules.period_end."at"', 'schedules.period_start."precision"',
                    'schedules.period_end."precision"'
                ),
            }) }}
        end as schedule,
        {{ fhir_object({'basedOn': fhir_array([
            "case when segments.parent_placer_order_number is not null then " ~ fhir_object({
                'type': fhir_constant('ServiceRequest'),
                'identifier': fhir_identifier(
                    number_system('segments.parent_placer_namespace', 'order', 'segments.source_system'), 'segments.parent_placer_order_number', "'PLAC'"
                ),
            }) ~ " end",
            "case when segments.parent_filler_order_number is not null then " ~ fhir_object({
                'type': fhir_constant('ServiceRequest'),
                'identifier': fhir_identifier(
                    number_system('segments.parent_filler_namespace', 'accession', 'segments.source_system'), 'segments.parent_filler_order_number', "'FILL'"
                ),
            }) ~ " end",
        ])}) }} as further,
        list_concat(
            coalesce({{ hl7_null_columns('segments.null_fields', {
                '5': ['priority'], '6': ['occurrence_at', 'occurrence_at_precision'], '16': ['practitioner_key'],
                '24': ['category'], '27': ['occurrence_at', 'occurrence_at_precision', 'schedule', 'priority'],
                '27.4': ['occurrence_at', 'occurrence_at_precision'], '27.6': ['priority'], '31': ['reason_codings', 'reasons'],
            }) }}, []),
            coalesce({{ hl7_null_columns('segments.orc_null_fields', {
                '4': ['requisition_number', 'requisition_namespace'], '7': ['occurrence_at', 'occurrence_at_precision', 'schedule', 'priority'],
                '7.4': ['occurrence_at', 'occurrence_at_precision'], '7.6': ['priority'],
                '9': ['authored_at', 'authored_at_precision'], '12': ['practitioner_key'], '16': ['reason_codings', 'reasons'],
            }) }}, [])
        ) as null_columns
    from segments
    {{ hl7_join_person() }}
    {{ hl7_join_visit() }}
    {{ hl7_join_segment('timings', 'timings', 'segments.orc_index', column='orc_index') }}
    {{ hl7_join_segment(ref('int_hl7v2__dosages'), 'schedules', 'segments.segment_index') }}
    {{ hl7_join_segment('notes', 'order_notes', 'segments.orc_index', column='parent_index') }}
    {{ hl7_join_segment('notes', 'notes', 'segments.segment_index', column='parent_index') }}
)

{{ int_select('service_request', 'final', absent=['is_prohibited'], nulls=true, further=true, own=['reasons', 'schedule']) }}
