{{ config(materialized='incremental') }}
{% set files = hl7v2_files(['ORC']) %}

with segments as (
    {{ hl7v2_segments(['ORC'], files, anchors=['PID', 'PV1']) }}
),

typed as (
    select
        {{ hl7v2_provenance(['PID', 'PV1']) }},
        {{ hl7('1.1') }} as order_control,
        {{ hl7('2.1') }} as placer_order_number,
        {{ hl7('2.2', '2.3') }} as placer_namespace,
        {{ hl7('3.1') }} as filler_order_number,
        {{ hl7('3.2', '3.3') }} as filler_namespace,
        {{ hl7('4.1') }} as placer_group_number,
        {{ hl7('4.2', '4.3') }} as placer_group_namespace,
        {{ hl7('5.1') }} as order_status,
        {{ hl7_number('7.1.1') }} as timing_quantity,
        {{ hl7('7.1.2') }} as timing_quantity_unit,
        {{ hl7('7.2.1') }} as timing_pattern,
        {{ hl7('7.3') }} as timing_duration,
        {{ hl7('7.4') }} as timing_start_text,
        {{ hl7_at('7.4') }} as timing_start_at,
        {{ hl7_at_precision('7.4') }} as timing_start_at_precision,
        {{ hl7_at('7.5') }} as timing_end_at,
        {{ hl7_at_precision('7.5') }} as timing_end_at_precision,
        {{ hl7('7.6') }} as timing_priority,
        {{ hl7('7.8') }} as timing_text,
        {{ hl7_at('9') }} as transaction_at,
        {{ hl7_at_precision('9') }} as transaction_at_precision,
        {{ hl7_persons('10') }} as entered_by,
        {{ hl7_persons('12') }} as ordering_providers,
        {{ hl7_at('15') }} as effective_at,
        {{ hl7_at_precision('15') }} as effective_at_precision,
        {{ hl7_codes('16') }} as reasons,
        {{ hl7('16.1') }} as reason_code,
        {{ hl7('16.2') }} as reason_text,
        {{ hl7('21.1') }} as facility_name,
        {{ hl7('21.10', '21.3') }} as facility_id,
        {{ hl7_addresses('22') }} as facility_addresses,
        {{ hl7_telecoms('23') }} as facility_phones,
        {{ hl7('25.1') }} as order_status_modifier,
        {{ hl7('29.1') }} as order_type,
        {{ hl7_null_fields() }} as null_fields
    from segments
)

select * from typed
