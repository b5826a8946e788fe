{{ config(materialized='incremental') }}
{% set files = hl7v2_files(['IN2']) %}

with segments as (
    {{ hl7v2_segments(['IN2'], files, anchors=['PID', 'IN1']) }}
),

typed as (
    select
        {{ hl7v2_provenance(['PID', 'IN1']) }},
        {{ hl7('2.1') }} as insured_ssn,
        {{ hl7('6.1') }} as medicare_number,
        {{ hl7('8.1') }} as medicaid_number,
        {{ hl7_identifiers('25') }} as payer_ids,
        {{ hl7_identifiers('61') }} as member_ids,
        {{ hl7_telecoms('63', use='PRN') }} as insured_phones,
        {{ hl7_telecoms('64', use='WPN') }} as insured_work_phones
    from segments
)

select * from typed
