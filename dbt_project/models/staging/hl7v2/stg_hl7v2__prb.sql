{{ config(materialized='incremental') }}

{% call hl7v2_typed(['PRB'], anchors=['PID', 'PV1']) %}
    {{ hl7('1.1') }} as action_code,
    {{ hl7_at('2') }} as acted_at,
    {{ hl7_at_precision('2') }} as acted_at_precision,
    {{ hl7_date(hl7_raw('2')) }} as acted_date,
    {{ hl7('3.1') }} as problem_code,
    {{ hl7('3.2') }} as problem_display,
    {{ hl7('3.3') }} as problem_system,
    {{ hl7('3.4') }} as problem_alternate_code,
    {{ hl7('3.5') }} as problem_alternate_display,
    {{ hl7('3.6') }} as problem_alternate_system,
    {{ hl7('4.1') }} as problem_id,
    {{ hl7('4.2', '4.3') }} as problem_namespace,
    {{ hl7_at('7') }} as established_at,
    {{ hl7_at_precision('7') }} as established_at_precision,
    {{ hl7_date(hl7_raw('9')) }} as resolved_date,
    concat_ws(' ', {{ hl7('13.1') }}, {{ hl7('13.2') }}) as confirmation_status,
    concat_ws(' ', {{ hl7('14.1') }}, {{ hl7('14.2') }}) as life_cycle_status,
    {{ hl7_at('16') }} as onset_at,
    {{ hl7_at_precision('16') }} as onset_at_precision,
    {{ hl7('17') }} as onset_text,
    {{ hl7_first(hl7_codes('26')) }} as severity,
    {{ hl7_null_fields() }} as null_fields
{% endcall %}
