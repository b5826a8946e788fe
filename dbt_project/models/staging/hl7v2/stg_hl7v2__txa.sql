{{ config(materialized='incremental') }}
{% set files = hl7v2_files(['TXA']) %}

with segments as (
    {{ hl7v2_segments(['TXA'], files, anchors=['PID', 'PV1']) }}
),

typed as (
    select
        {{ hl7v2_provenance(['PID', 'PV1']) }},
        {{ hl7_integer('1') }} as set_id,
        {{ hl7('2.1') }} as document_type,
        {{ hl7('2.2') }} as document_type_display,
        {{ hl7('2.3') }} as document_type_system,
        {{ hl7('2.4') }} as document_type_alternate_code,
        {{ hl7('2.5') }} as document_type_alternate_display,
        {{ hl7('2.6') }} as document_type_alternate_system,
        {{ hl7('3.1') }} as content_type,
        {{ hl7_at('4') }} as activity_at,
        {{ hl7_at_precision('4') }} as activity_at_precision,
        {{ hl7_persons('5') }} as primary_providers,
        {{ hl7_at('6') }} as originated_at,
        {{ hl7_at_precision('6') }} as originated_at_precision,
        {{ hl7_at('7') }} as transcribed_at,
        {{ hl7_at_precision('7') }} as transcribed_at_precision,
        {{ hl7_at('8') }} as edited_at,
        {{ hl7_at_precision('8') }} as edited_at_precision,
        {{ hl7_persons('9') }} as originators,
        {{ hl7_persons('10') }} as assigned_authenticators,
        {{ hl7('12.1', '12.3') }} as document_number,
        {{ hl7('12.2', '12.3') }} as document_namespace,
        {{ hl7('13.1', '13.3') }} as parent_document_number,
        {{ hl7('13.2', '13.3') }} as parent_document_namespace,
        {{ hl7('14.1') }} as placer_order_number,
        {{ hl7('14.2', '14.3') }} as placer_namespace,
        {{ hl7('15.1') }} as filler_order_number,
        {{ hl7('15.2', '15.3') }} as filler_namespace,
        {{ hl7('16') }} as file_name,
        {{ hl7('17.1') }} as completion_status,
        {{ hl7('18.1') }} as confidentiality_status,
        {{ hl7('19.1') }} as availability_status,
        {{ hl7_persons('22') }} as authenticators,
        {{ hl7('25') }} as title
    from segments
)

select * from typed
