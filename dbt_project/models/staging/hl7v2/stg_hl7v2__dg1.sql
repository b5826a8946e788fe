{{ config(materialized='incremental') }}

{% call hl7v2_typed(['DG1'], anchors=['PID', 'PV1']) %}
    {{ hl7_integer('1') }} as set_id,
    {{ hl7('2.1') }} as coding_method,
    {{ hl7('3.1') }} as diagnosis_code,
    {{ hl7('3.2') }} as diagnosis_display,
    {{ hl7('3.3') }} as diagnosis_system,
    {{ hl7('3.4') }} as diagnosis_alternate_code,
    {{ hl7('3.5') }} as diagnosis_alternate_display,
    {{ hl7('3.6') }} as diagnosis_alternate_system,
    {{ hl7('4') }} as description,
    {{ hl7_at('5') }} as diagnosed_at,
    {{ hl7_at_precision('5') }} as diagnosed_at_precision,
    {{ hl7_date(hl7_raw('5')) }} as diagnosed_date,
    {{ hl7('6.1') }} as diagnosis_type,
    {{ hl7_integer('15') }} as priority,
    {{ hl7_persons('16') }} as clinicians,
    {{ hl7_date(hl7_raw('19')) }} as attested_date,
    {{ hl7_at('19') }} as attested_at,
    {{ hl7_at_precision('19') }} as attested_at_precision,
    {{ hl7('20.1') }} as diagnosis_id,
    {{ hl7('20.2', '20.3') }} as diagnosis_namespace,
    {{ hl7('21.1') }} as action_code,
    {{ hl7_null_fields() }} as null_fields
{% endcall %}
