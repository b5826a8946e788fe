{{ config(materialized='incremental') }}

{% call hl7v2_typed(['PR1'], anchors=['PID', 'PV1']) %}
    {{ hl7_integer('1') }} as set_id,
    {{ hl7('2.1') }} as coding_method,
    {{ hl7('3.1') }} as procedure_code,
    {{ hl7('3.2') }} as procedure_display,
    {{ hl7('3.3') }} as procedure_system,
    {{ hl7('3.4') }} as procedure_alternate_code,
    {{ hl7('3.5') }} as procedure_alternate_display,
    {{ hl7('3.6') }} as procedure_alternate_system,
    {{ hl7('4') }} as description,
    {{ hl7_at('5') }} as performed_at,
    {{ hl7_at_precision('5') }} as performed_at_precision,
    {{ hl7_date(hl7_raw('5')) }} as performed_date,
    {{ hl7('6.1') }} as functional_type,
    {{ hl7_first(hl7_codes('6')) }} as category,
    {{ hl7_number('7') }} as minutes,
    {{ hl7_persons('8') }} as anesthesiologists,
    {{ hl7_persons('11') }} as surgeons,
    {{ hl7_persons('12') }} as practitioners,
    {{ hl7_codes('15') }} as reasons,
    {{ hl7('19.1') }} as procedure_id,
    {{ hl7('19.2', '19.3') }} as procedure_namespace,
    {{ hl7('20.1') }} as action_code,
    {{ hl7_null_fields() }} as null_fields
{% endcall %}
