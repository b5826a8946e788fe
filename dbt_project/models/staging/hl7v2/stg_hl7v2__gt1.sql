{{ config(materialized='incremental') }}
{% set files = hl7v2_files(['GT1']) %}

with segments as (
    {{ hl7v2_segments(['GT1'], files, anchors=['PID']) }}
),

typed as (
    select
        {{ hl7v2_provenance(['PID']) }},
        {{ hl7_integer('1') }} as set_id,
        {{ hl7_identifiers('2') }} as guarantor_ids,
        {{ hl7_names('3') }} as names,
        {{ hl7_addresses('5') }} as addresses,
        {{ hl7_telecoms('6') }} as phones,
        {{ hl7_date(hl7_raw('8')) }} as birth_date,
        {{ hl7('9.1') }} as sex,
        {{ hl7('11.1') }} as relationship_code,
        {{ hl7('12.1') }} as ssn
    from segments
)

select * from typed
