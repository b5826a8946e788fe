{{ config(materialized='incremental') }}

{% call hl7v2_typed(['EVN']) %}
    {{ hl7('1.1') }} as event_type,
    {{ hl7_at('2') }} as recorded_at,
    {{ hl7_at_precision('2') }} as recorded_at_precision,
    {{ hl7_at('3') }} as planned_at,
    {{ hl7_at_precision('3') }} as planned_at_precision,
    {{ hl7('4.1') }} as reason_code,
    {{ hl7_first(hl7_persons('5')) }} as operator,
    {{ hl7_at('6') }} as occurred_at,
    {{ hl7_at_precision('6') }} as occurred_at_precision,
    {{ hl7('7.1') }} as facility
{% endcall %}
