{{ config(materialized='incremental') }}

{% call hl7v2_typed(['MRG'], anchors=['PID']) %}
    {{ hl7_identifiers('1') }} as prior_ids,
    {{ hl7_identifiers('2') }} as prior_alternate_ids,
    {{ hl7('3.1') }} as prior_account_number,
    {{ hl7('3.4.1', '3.4.2') }} as prior_account_authority,
    {{ hl7('4.1') }} as prior_patient_id,
    {{ hl7('5.1') }} as prior_visit_number,
    {{ hl7('5.4.1', '5.4.2') }} as prior_visit_namespace,
    {{ hl7_names('7') }} as prior_names
{% endcall %}
