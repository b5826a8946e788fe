{{ config(materialized='incremental') }}

{% call hl7v2_typed(['PV2'], anchors=['PID']) %}
    {{ hl7('3.1') }} as admit_reason_code,
    {{ hl7('3.2') }} as admit_reason_display,
    {{ hl7('3.3') }} as admit_reason_system,
    {{ hl7('3.4') }} as admit_reason_alternate_code,
    {{ hl7('3.5') }} as admit_reason_alternate_display,
    {{ hl7('3.6') }} as admit_reason_alternate_system,
    {{ hl7('12') }} as visit_description,
    {{ hl7_at('8') }} as expected_admit_at,
    {{ hl7_at_precision('8') }} as expected_admit_at_precision,
    {{ hl7_at('9') }} as expected_discharge_at,
    {{ hl7_at_precision('9') }} as expected_discharge_at_precision,
    {{ hl7_integer('11') }} as length_of_stay,
    {{ hl7_persons('13') }} as referral_sources,
    {{ hl7('25.1') }} as priority,
    {{ hl7_first(hl7_codes('38')) }} as arrival
{% endcall %}
