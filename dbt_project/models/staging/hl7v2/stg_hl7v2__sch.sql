{{ config(materialized='incremental') }}
{% set files = hl7v2_files(['SCH']) %}

with segments as (
    {{ hl7v2_segments(['SCH'], files) }}
),

typed as (
    select
        {{ hl7v2_provenance() }},
        {{ hl7('1.1') }} as placer_appointment_id,
        {{ hl7('1.2', '1.3') }} as placer_namespace,
        {{ hl7('2.1') }} as filler_appointment_id,
        {{ hl7('2.2', '2.3') }} as filler_namespace,
        {{ hl7('6.1') }} as event_reason_code,
        {{ hl7('6.2') }} as event_reason_display,
        {{ hl7('6.3') }} as event_reason_system,
        {{ hl7('6.4') }} as event_reason_alternate_code,
        {{ hl7('6.5') }} as event_reason_alternate_display,
        {{ hl7('6.6') }} as event_reason_alternate_system,
        {{ hl7('7.1') }} as appointment_reason_code,
        {{ hl7('7.2') }} as appointment_reason_display,
        {{ hl7('7.3') }} as appointment_reason_system,
        {{ hl7('7.4') }} as appointment_reason_alternate_code,
        {{ hl7('7.5') }} as appointment_reason_alternate_display,
        {{ hl7('7.6') }} as appointment_reason_alternate_system,
        {{ hl7('8.1') }} as appointment_type_code,
        {{ hl7('8.2') }} as appointment_type_display,
        {{ hl7('8.3') }} as appointment_type_system,
        {{ hl7('8.4') }} as appointment_type_alternate_code,
        {{ hl7('8.5') }} as appointment_type_alternate_display,
        {{ hl7('8.6') }} as appointment_type_alternate_system,
        {{ hl7_number('9') }} as duration,
        {{ hl7('10.1') }} as duration_unit,
        {{ hl7_at('11.4') }} as timing_start_at,
        {{ hl7_at('11.5') }} as timing_end_at,
        {{ hl7_persons('12') }} as placer_contacts,
        {{ hl7_persons('16') }} as filler_contacts,
        {{ hl7_persons('20') }} as entered_by,
        {{ hl7('25.1') }} as filler_status,
        {{ hl7_null_fields() }} as null_fields
    from segments
)

select * from typed
