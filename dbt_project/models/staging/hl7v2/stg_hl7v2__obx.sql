{{ config(materialized='incremental') }}
{% set files = hl7v2_files(['OBX']) %}
{% set performer -%}
[{
    'producer_id': {{ hl7('15.1') }},
    'producer_name': {{ hl7('15.2') }},
    'producer_system': {{ hl7('15.3') }},
    'observer_id': {{ hl7('16.1') }},
    'observer_family': {{ hl7('16.2.1') }},
    'observer_given': {{ hl7('16.3') }},
    'observer_authority': {{ hl7('16.9.1') }},
    'further_observers': case when contains({{ hl7_field('16') }}, '~') then ({{ hl7_persons('16') }})[2:] end,
    'method_code': {{ hl7('17.1') }},
    'method_display': {{ hl7('17.2') }},
    'method_system': {{ hl7('17.3') }},
    'site_code': {{ hl7('20.1') }},
    'site_display': {{ hl7('20.2') }},
    'site_system': {{ hl7('20.3') }},
    'equipment_id': {{ hl7('18.1') }},
    'analyzed_at': {{ hl7_at('19') }},
    'analyzed_at_precision': {{ hl7_at_precision('19') }},
    'instance_id': {{ hl7('21.1') }},
    'instance_namespace': {{ hl7('21.2', '21.3') }},
    'performer_name': {{ hl7('23.1') }},
    'performer_id': {{ hl7('23.10', '23.3') }},
    'performer_address': case when len(fields) > 24 then {{ hl7_first(hl7_addresses('24')) }} end,
    'director': case when len(fields) > 25 then {{ hl7_first(hl7_persons('25')) }} end
}]
{%- endset %}

with segments as (
    {{ hl7v2_segments(['OBX'], files, anchors=['PID', 'PV1', 'OBR'], repeated_time=14) }}
),

-- Split once, used many times: OBX is where the volume is.
split as (
    select
        *,
        case when contains(fields[3], '^') then upper(string_split(fields[3], '^')[1]) else upper(fields[3]) end as value_type,
        string_split(fields[4], '^') as observation,
        case when contains(fields[6], '~') then string_split(fields[6], '~')[1] else fields[6] end as first_value,
        string_split(fields[7], '^') as unit,
        -- OBX-15 to 25, which most senders leave out.
        case when len(fields) > 15 then fields end as late_fields
    from segments
),

-- OBX-2 says how OBX-5 is to be read (table 0125).
kinds as (
    select
        *,
        value_type = 'NM' as is_number,
        value_type in ('CE', 'CWE', 'CNE', 'CF', 'IS', 'ID') as is_coded,
        value_type in ('TS', 'DTM', 'DT') as is_time,
        value_type in ('ST', 'TX', 'FT', 'TM', 'GTS', '') as is_text,
        left(first_value, 1) in ('<', '>') as is_compared,
        case when value_type <> 'NM' then string_split(first_value, '^') end as value_parts
        {{- hl7v2_values(performer, fields='late_fields') }}
    from split
),

typed as (
    select
        {{ hl7v2_provenance(['PID', 'PV1', 'OBR'], with_record_id=false) }},
        try_cast(fields[2] as integer) as set_id,
        nullif(value_type, '') as value_type,
        {{ hl7_text('observation[1]') }} as observation_code,
        {{ hl7_text('observation[2]') }} as observation_display,
        {{ hl7_text('observation[3]') }} as observation_system,
        {{ hl7_text('observation[4]') }} as observation_alternate_code,
        {{ hl7_text('observation[5]') }} as observation_alternate_display,
        {{ hl7_text('observation[6]') }} as observation_alternate_system,
        {{ hl7_text('fields[5]') }} as sub_id,
        {{ hl7_text('fields[6]') }} as value_raw,
        case
            when is_number or value_type = 'SN' then null
            when is_coded
                then coalesce(
                    {{ hl7_text('value_parts[9]') }},
                    {{ hl7_text('value_parts[2]') }},
                    {{ hl7_text('value_parts[5]') }},
                    {{ hl7_text('value_parts[1]') }}
                )
            when value_type in ('ED', 'RP') then null
            when is_text or is_time or not contains(fields[6], '^') then {{ hl7_text("replace(fields[6], '~', chr(10))") }}
            -- A name, an address, a number with its authority: what it says, in one line.
            else nullif(array_to_string(list_filter({{ hl7_texts('value_parts') }}, lambda part: part <> ''), ' '), '')
        end as value_text,
        case when not (is_number or is_text or is_time or is_coded) then {{ hl7_texts('value_parts') }} end as value_components,
        case
            when contains(fields[6], '~') and not is_text
                then list_transform(
                    list_filter(string_split(fields[6], '~')[2:], lambda repetition: repetition not in ('', '""')),
                    lambda repetition: list_transform(
                        string_split(repetition, '^'), lambda part: coalesce({{ hl7_text_of_any('part') }}, '')
                    )
                )
        end as further_values,
        case
            when is_number and not is_compared then try_cast(first_value as double)
            when is_number or value_type = 'ST' then try_cast(trim(first_value, ' <>=') as double)
            when value_type = 'SN' then try_cast(value_parts[2] as double)
            when value_type = 'CQ' then try_cast(value_parts[1] as double)
        end as value_number,
        case
            when is_number and not is_compared then null
            when value_type = 'SN' then nullif(value_parts[1], '')
            when is_compared and value_type in ('NM', 'ST') then regexp_extract(first_value, '^[<>]=?')
        end as value_comparator,
        case when value_type = 'SN' then nullif(value_parts[3], '') end as value_separator,
        case when value_type = 'SN' then try_cast(value_parts[4] as double) end as value_number_2,
        case
            when is_coded then [{
                'code': {{ hl7_text('value_parts[1]') }},
                'display': {{ hl7_text('value_parts[2]') }},
                'system': {{ hl7_text('value_parts[3]') }},
                'alternate_code': {{ hl7_text('value_parts[4]') }},
                'alternate_display': {{ hl7_text('value_parts[5]') }},
                'alternate_system': {{ hl7_text('value_parts[6]') }},
                'original_text': {{ hl7_text('value_parts[9]') }}
            }]
        end as value_codings,
        case when is_time then {{ hl7_timestamp('first_value', 'time_zone') }} end as value_at,
        case when is_time then {{ hl7_precision('first_value') }} end as value_at_precision,
        {{ hl7_text('unit[1]') }} as unit_code,
        {{ hl7_text('unit[2]') }} as unit_display,
        {{ hl7_text('unit[3]') }} as unit_system,
        {{ hl7_text('fields[8]') }} as reference_range,
        {{ hl7_text('fields[9]') }} as abnormal_flags,
        {{ hl7_text('fields[12]') }} as result_status,
        {{ hl7_repeated_at('fields[15]') }} as observed_at,
        {{ hl7_precision('fields[15]') }} as observed_at_precision,
        case when late_fields is not null then {{ performer }} end as performers
    from kinds
)

select * from typed
