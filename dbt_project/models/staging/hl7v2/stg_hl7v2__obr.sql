{{ config(materialized='incremental') }}
{% set files = hl7v2_files(['OBR']) %}

with segments as (
    {{ hl7v2_segments(['OBR'], files, anchors=['PID', 'PV1', 'ORC', 'OBR']) }}
),

typed as (
    select
        {{ hl7v2_provenance(['PID', 'PV1', 'ORC', 'OBR']) }},
        {{ hl7_integer('1') }} as set_id,
        {{ hl7('2.1') }} as placer_order_number,
        {{ hl7('2.2', '2.3') }} as placer_namespace,
        {{ hl7('3.1') }} as filler_order_number,
        {{ hl7('3.2', '3.3') }} as filler_namespace,
        {{ hl7('4.1') }} as service_code,
        {{ hl7('4.2') }} as service_display,
        {{ hl7('4.3') }} as service_system,
        {{ hl7('4.4') }} as service_alternate_code,
        {{ hl7('4.5') }} as service_alternate_display,
        {{ hl7('4.6') }} as service_alternate_system,
        {{ hl7_at('6') }} as requested_at,
        {{ hl7_at_precision('6') }} as requested_at_precision,
        {{ hl7_at('7') }} as observed_at,
        {{ hl7_at_precision('7') }} as observed_at_precision,
        {{ hl7_at('8') }} as observation_ended_at,
        {{ hl7_at_precision('8') }} as observation_ended_at_precision,
        {{ hl7('11.1') }} as specimen_action_code,
        {{ hl7('13') }} as clinical_information,
        {{ hl7_at('14') }} as specimen_received_at,
        {{ hl7_at_precision('14') }} as specimen_received_at_precision,
        {{ hl7('15.1.1') }} as specimen_source_code,
        {{ hl7_persons('16') }} as ordering_providers,
        {{ hl7_at('22') }} as reported_at,
        {{ hl7_at_precision('22') }} as reported_at_precision,
        {{ hl7('24.1') }} as diagnostic_service,
        {{ hl7('25.1') }} as result_status,
        {{ hl7('26.3') }} as parent_result_value,
        {{ hl7('29.1') }} as parent_placer_order_number,
        {{ hl7('29.2') }} as parent_filler_order_number,
        {{ hl7('31.1') }} as reason_code,
        {{ hl7('31.2') }} as reason_display,
        {{ hl7('31.3') }} as reason_system,
        {{ hl7('31.4') }} as reason_alternate_code,
        {{ hl7('31.5') }} as reason_alternate_display,
        {{ hl7('31.6') }} as reason_alternate_system,
        {{ hl7_list('32', {'value': '1.1', 'family': '1.2', 'given': '1.3', 'authority': '1.9'}) }} as principal_interpreters,
        {{ hl7('44.1') }} as procedure_code,
        {{ hl7('44.2') }} as procedure_display,
        {{ hl7('44.3') }} as procedure_system,
        {{ hl7('49.1') }} as result_handling
    from segments
)

select * from typed
