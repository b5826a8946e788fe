{{ config(materialized='incremental') }}
{% set files = hl7v2_files(['NTE']) %}

with segments as (
    {{ hl7v2_segments(['NTE'], files, anchors=['PID', 'OBR', 'parent']) }}
),

typed as (
    select
        {{ hl7v2_provenance(['PID', 'OBR', 'parent']) }},
        {{ hl7_integer('1') }} as set_id,
        {{ hl7('2.1') }} as source,
        {{ hl7_lines('3') }} as note,
        {{ hl7('4.1') }} as note_type
    from segments
)

select * from typed
