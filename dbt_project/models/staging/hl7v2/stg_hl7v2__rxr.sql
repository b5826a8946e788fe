{{ config(materialized='incremental') }}

{% call hl7v2_typed(['RXR'], anchors=['PID', 'ORC', 'RXA', 'RXE', 'RXO', 'RXD']) %}
    {{ hl7('1.1') }} as route_code,
    {{ hl7('1.2') }} as route_display,
    {{ hl7('1.3') }} as route_system,
    {{ hl7('1.4') }} as route_alternate_code,
    {{ hl7('1.5') }} as route_alternate_display,
    {{ hl7('1.6') }} as route_alternate_system,
    {{ hl7('2.1') }} as site_code,
    {{ hl7('2.2') }} as site_display,
    {{ hl7('2.3') }} as site_system,
    {{ hl7('2.4') }} as site_alternate_code,
    {{ hl7('2.5') }} as site_alternate_display,
    {{ hl7('2.6') }} as site_alternate_system,
    {{ hl7_first(hl7_codes('4')) }} as method,
    {{ hl7_null_fields() }} as null_fields
{% endcall %}
