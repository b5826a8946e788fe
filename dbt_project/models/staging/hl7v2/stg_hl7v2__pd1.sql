{{ config(materialized='incremental') }}
{% set files = hl7v2_files(['PD1']) %}

with segments as (
    {{ hl7v2_segments(['PD1'], files, anchors=['PID']) }}
),

typed as (
    select
        {{ hl7v2_provenance(['PID']) }},
        {{ hl7_list('3', {'name': '1', 'value': ['10', '3'], 'authority': '6.1'}) }} as primary_facilities,
        {{ hl7_persons('4') }} as primary_care_providers,
        {{ hl7('11.1') }} as publicity_code,
        {{ hl7('12.1') }} as protection_indicator,
        {{ hl7('16.1') }} as registry_status
    from segments
)

select * from typed
