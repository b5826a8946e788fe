{{ config(materialized='incremental') }}

{% call hl7v2_typed(['PD1'], anchors=['PID']) %}
    {{ hl7_list('3', {'name': '1', 'value': ['10', '3'], 'authority': '6.1'}) }} as primary_facilities,
    {{ hl7_persons('4') }} as primary_care_providers,
    {{ hl7_codes('6') }} as disabilities,
    {{ hl7('11.1') }} as publicity_code,
    {{ hl7('12.1') }} as protection_indicator,
    {{ hl7('14.1') }} as congregation,
    {{ hl7('16.1') }} as registry_status
{% endcall %}
