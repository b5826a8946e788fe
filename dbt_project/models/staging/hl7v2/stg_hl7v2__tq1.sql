{{ config(materialized='incremental') }}

{% call hl7v2_typed(['TQ1'], anchors=['PID', 'ORC']) %}
    {{ hl7_integer('1') }} as set_id,
    {{ hl7_number('2.1') }} as quantity,
    {{ hl7('2.2.1') }} as quantity_unit,
    {{ hl7('3.1.1') }} as repeat_pattern,
    {{ hl7('3.1.2') }} as repeat_pattern_display,
    {{ hl7('6.1') }} as service_duration,
    {{ hl7('6.2.1') }} as service_duration_unit,
    {{ hl7_at('7') }} as start_at,
    {{ hl7_at_precision('7') }} as start_at_precision,
    {{ hl7_at('8') }} as end_at,
    {{ hl7_at_precision('8') }} as end_at_precision,
    {{ hl7('9.1') }} as priority,
    {{ hl7('10') }} as condition_text,
    {{ hl7('11') }} as text_instruction,
    {{ hl7_integer('14') }} as total_occurrences
{% endcall %}
