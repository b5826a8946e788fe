{{ config(materialized='incremental') }}

{% call hl7v2_typed(['GT1'], anchors=['PID']) %}
    {{ hl7_integer('1') }} as set_id,
    {{ hl7_identifiers('2') }} as guarantor_ids,
    {{ hl7_names('3') }} as names,
    {{ hl7_addresses('5') }} as addresses,
    list_concat(
        coalesce({{ hl7_telecoms('6', use='PRN') }}, []), coalesce({{ hl7_telecoms('7', use='WPN') }}, [])
    ) as phones,
    {{ hl7_date(hl7_raw('8')) }} as birth_date,
    {{ hl7('9.1') }} as sex,
    {{ hl7('11.1') }} as relationship_code,
    {{ hl7('11.2') }} as relationship_display,
    {{ hl7('11.3') }} as relationship_system,
    {{ hl7('11.4') }} as relationship_alternate_code,
    {{ hl7('11.5') }} as relationship_alternate_display,
    {{ hl7('11.6') }} as relationship_alternate_system,
    {{ hl7('12.1') }} as ssn,
    {{ hl7_date(hl7_raw('13')) }} as start_date,
    {{ hl7_date(hl7_raw('14')) }} as end_date,
    {{ hl7('21.1') }} as organization_name,
    {{ hl7_codes('36') }} as languages,
    {{ hl7_null_fields() }} as null_fields
{% endcall %}
