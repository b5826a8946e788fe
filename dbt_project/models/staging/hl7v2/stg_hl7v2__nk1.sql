{{ config(materialized='incremental') }}

{% call hl7v2_typed(['NK1'], anchors=['PID']) %}
    {{ hl7_integer('1') }} as set_id,
    {{ hl7_names('2') }} as names,
    {{ hl7('3.1') }} as relationship_code,
    {{ hl7('3.2') }} as relationship_display,
    {{ hl7('3.3') }} as relationship_system,
    {{ hl7('3.4') }} as relationship_alternate_code,
    {{ hl7('3.5') }} as relationship_alternate_display,
    {{ hl7('3.6') }} as relationship_alternate_system,
    list_concat({{ hl7_addresses('4') }}, {{ hl7_addresses('32') }}) as addresses,
    list_concat(
        coalesce({{ hl7_telecoms('5', use='PRN') }}, []),
        coalesce({{ hl7_telecoms('6', use='WPN') }}, []),
        coalesce({{ hl7_telecoms('31') }}, []),
        coalesce({{ hl7_telecoms('40') }}, []),
        coalesce({{ hl7_telecoms('41') }}, [])
    ) as phones,
    {{ hl7('7.1') }} as contact_role,
    {{ hl7('7.2') }} as contact_role_display,
    {{ hl7('7.3') }} as contact_role_system,
    {{ hl7_date(hl7_raw('8')) }} as start_date,
    {{ hl7_date(hl7_raw('9')) }} as end_date,
    {{ hl7_date(hl7_raw('16')) }} as birth_date,
    {{ hl7('13.1') }} as organization_name,
    {{ hl7('15.1') }} as sex,
    {{ hl7_codes('20') }} as languages,
    list_concat({{ hl7_identifiers('12') }}, {{ hl7_identifiers('33') }}) as person_ids,
    {{ hl7_names('30') }} as contact_names,
    {{ hl7('37.1') }} as ssn,
    {{ hl7_null_fields() }} as null_fields
{% endcall %}
