{{ config(materialized='incremental') }}
{% set files = hl7v2_files(['SPM']) %}

with segments as (
    {{ hl7v2_segments(['SPM'], files, anchors=['PID', 'OBR']) }}
),

typed as (
    select
        {{ hl7v2_provenance(['PID', 'OBR']) }},
        {{ hl7_integer('1') }} as set_id,
        {{ hl7('2.1.1') }} as placer_specimen_id,
        {{ hl7('2.1.2', '2.1.3') }} as placer_specimen_namespace,
        {{ hl7('2.2.1') }} as filler_specimen_id,
        {{ hl7('2.2.2', '2.2.3') }} as filler_specimen_namespace,
        {{ hl7('4.1') }} as specimen_type_code,
        {{ hl7('4.2') }} as specimen_type_display,
        {{ hl7('4.3') }} as specimen_type_system,
        {{ hl7('4.4') }} as specimen_type_alternate_code,
        {{ hl7('4.5') }} as specimen_type_alternate_display,
        {{ hl7('4.6') }} as specimen_type_alternate_system,
        {{ hl7_first(hl7_codes('6')) }} as additive,
        {{ hl7_first(hl7_codes('7')) }} as collection_method,
        {{ hl7('8.1') }} as source_site_code,
        {{ hl7('8.2') }} as source_site_display,
        {{ hl7('8.3') }} as source_site_system,
        {{ hl7('8.4') }} as source_site_alternate_code,
        {{ hl7('8.5') }} as source_site_alternate_display,
        {{ hl7('8.6') }} as source_site_alternate_system,
        {{ hl7_number('12.1') }} as collection_amount,
        {{ hl7('12.2.1') }} as collection_amount_unit,
        {{ hl7_lines('14') }} as description,
        {{ hl7_at('17.1') }} as collected_at,
        {{ hl7_at_precision('17.1') }} as collected_at_precision,
        {{ hl7_at('17.2') }} as collection_ended_at,
        {{ hl7_at_precision('17.2') }} as collection_ended_at_precision,
        {{ hl7('20.1') }} as is_available,
        {{ hl7_first(hl7_codes('21')) }} as reject_reason,
        {{ hl7_codes('24') }} as conditions,
        {{ hl7('30.1') }} as accession_number,
        {{ hl7('30.4.1', '30.4.2') }} as accession_namespace,
        {{ hl7_at('18') }} as received_at_laboratory,
        {{ hl7_at_precision('18') }} as received_at_laboratory_precision,
        {{ hl7_null_fields() }} as null_fields
    from segments
)

select * from typed
