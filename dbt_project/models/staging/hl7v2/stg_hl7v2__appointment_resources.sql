{{ config(materialized='incremental') }}

{% call hl7v2_typed(['AIS', 'AIG', 'AIL', 'AIP'], anchors=['PID']) %}
    fields[1] as segment_id,
    {{ hl7_integer('1') }} as set_id,
    {{ hl7('2.1') }} as action_code,
    {{ hl7('3.1') }} as resource_code,
    {{ hl7('3.2') }} as resource_display,
    case when fields[1] in ('AIS', 'AIG') then {{ hl7_first(hl7_codes('3')) }} end as resource,
    case when fields[1] = 'AIP' then ({{ hl7_persons('3') }})[1] end as person,
    case when fields[1] = 'AIL' then {{ hl7_place('3') }} end as location,
    {{ hl7('4.1') }} as resource_type_code,
    {{ hl7('4.2') }} as resource_type,
    case when fields[1] <> 'AIS' then {{ hl7_first(hl7_codes('4')) }} end as role,
    case fields[1] when 'AIS' then {{ hl7_at('4') }} when 'AIG' then {{ hl7_at('8') }} else {{ hl7_at('6') }} end as start_at,
    case fields[1] when 'AIS' then {{ hl7_number('7') }} when 'AIG' then {{ hl7_number('11') }} else {{ hl7_number('9') }} end as duration,
    case fields[1] when 'AIS' then {{ hl7('8.1') }} when 'AIG' then {{ hl7('12.1') }} else {{ hl7('10.1') }} end as duration_unit,
    case fields[1] when 'AIS' then {{ hl7('10.1') }} when 'AIG' then {{ hl7('14.1') }} else {{ hl7('12.1') }} end as resource_status
{% endcall %}
