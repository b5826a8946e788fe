{{ config(materialized='incremental') }}

{% call hl7v2_typed(['NTE'], anchors=['PID', 'OBR', 'parent']) %}
    {{ hl7_integer('1') }} as set_id,
    {{ hl7('2.1') }} as source,
    {{ hl7_lines('3') }} as note,
    {{ hl7('4.1') }} as note_type
{% endcall %}
