{{ config(materialized='incremental') }}

{% call hl7v2_typed(['IN2'], anchors=['PID', 'IN1']) %}
    {{ hl7('2.1') }} as insured_ssn,
    {{ hl7('6.1') }} as medicare_number,
    {{ hl7('8.1') }} as medicaid_number,
    {{ hl7_identifiers('25') }} as payer_ids,
    {{ hl7_identifiers('61') }} as member_ids,
    {{ hl7_telecoms('63', use='PRN') }} as insured_phones,
    {{ hl7_telecoms('64', use='WPN') }} as insured_work_phones
{% endcall %}
