{{ config(materialized='incremental') }}
{% set files = hl7v2_files(['IN1']) %}

with segments as (
    {{ hl7v2_segments(['IN1'], files, anchors=['PID']) }}
),

typed as (
    select
        {{ hl7v2_provenance(['PID']) }},
        {{ hl7_integer('1') }} as set_id,
        {{ hl7('2.1') }} as plan_code,
        {{ hl7('2.2') }} as plan_name,
        {{ hl7('2.3') }} as plan_system,
        {{ hl7_identifiers('3') }} as company_ids,
        {{ hl7('4.1') }} as company_name,
        {{ hl7_addresses('5') }} as company_addresses,
        {{ hl7_telecoms('7') }} as company_phones,
        {{ hl7('8.1') }} as group_number,
        {{ hl7('9.1') }} as group_name,
        {{ hl7_date(hl7_raw('12')) }} as plan_effective_date,
        {{ hl7_date(hl7_raw('13')) }} as plan_expiration_date,
        {{ hl7('15.1') }} as plan_type,
        {{ hl7_names('16') }} as insured_names,
        {{ hl7('17.1') }} as relationship_code,
        {{ hl7('17.2') }} as relationship_display,
        {{ hl7('17.3') }} as relationship_system,
        {{ hl7('17.4') }} as relationship_alternate_code,
        {{ hl7('17.5') }} as relationship_alternate_display,
        {{ hl7('17.6') }} as relationship_alternate_system,
        {{ hl7_date(hl7_raw('18')) }} as insured_birth_date,
        {{ hl7_addresses('19') }} as insured_addresses,
        {{ hl7('22.1') }} as coordination_priority,
        {{ hl7('35.1') }} as company_plan_code,
        {{ hl7('36.1') }} as policy_number,
        {{ hl7('43.1') }} as insured_sex,
        {{ hl7('47.1') }} as coverage_type,
        {{ hl7_identifiers('49') }} as insured_ids,
        {{ hl7_null_fields() }} as null_fields
    from segments
)

select * from typed
