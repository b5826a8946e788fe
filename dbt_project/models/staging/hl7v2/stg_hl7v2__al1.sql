{{ config(materialized='incremental') }}

{% call hl7v2_typed(['AL1', 'IAM'], anchors=['PID']) %}
    fields[1] as segment_id,
    {{ hl7_integer('1') }} as set_id,
    {{ hl7('2.1') }} as allergen_type,
    {{ hl7('3.1') }} as allergen_code,
    {{ hl7('3.2') }} as allergen_display,
    {{ hl7('3.3') }} as allergen_system,
    {{ hl7('3.4') }} as allergen_alternate_code,
    {{ hl7('3.5') }} as allergen_alternate_display,
    {{ hl7('3.6') }} as allergen_alternate_system,
    {{ hl7('4.1') }} as severity,
    {{ hl7_list('5', {'text': ['2', '1']}) }} as reactions,
    case when fields[1] = 'AL1' then {{ hl7_date(hl7_raw('6')) }} else {{ hl7_date(hl7_raw('11')) }} end as onset_date,
    case when fields[1] = 'IAM' then {{ hl7('6.1') }} end as action_code,
    case when fields[1] = 'IAM' then {{ hl7('7.1') }} end as allergy_id,
    case when fields[1] = 'IAM' then {{ hl7('17.1') }} end as clinical_status_code,
    case when fields[1] = 'AL1' then {{ hl7_null_fields() }} end as null_fields
{% endcall %}
