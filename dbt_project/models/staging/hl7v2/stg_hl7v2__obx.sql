{{ config(materialized='incremental') }}
{% set files = hl7v2_files(['OBX']) %}

with segments as (
    {{ hl7v2_segments(['OBX'], files, anchors=['PID', 'PV1', 'ORC', 'OBR']) }}
),

-- OBX-2 says how OBX-5 is to be read (table 0125). A `^` that its type does not know is text.
valued as (
    select
        *,
        upper(string_split(fields[3], '^')[1]) as value_type,
        string_split(fields[6], '~')[1] as first_value
    from segments
),

typed as (
    select
        {{ hl7v2_provenance(['PID', 'PV1', 'ORC', 'OBR']) }},
        {{ hl7_integer('1') }} as set_id,
        nullif(value_type, '') as value_type,
        {{ hl7('3.1') }} as observation_code,
        {{ hl7('3.2') }} as observation_display,
        {{ hl7('3.3') }} as observation_system,
        {{ hl7('3.4') }} as observation_alternate_code,
        {{ hl7('3.5') }} as observation_alternate_display,
        {{ hl7('3.6') }} as observation_alternate_system,
        {{ hl7('4') }} as sub_id,
        nullif(fields[6], '') as value_raw,
        case
            when value_type in ('TX', 'FT', 'ST', 'VR', '') or value_type is null then {{ hl7_lines('5') }}
            when value_type in ('CE', 'CWE', 'CNE', 'CF') then {{ hl7('5.9', '5.2', '5.5', '5.1') }}
            when value_type in ('ED', 'RP') then null
            else {{ hl7_text('fields[6]') }}
        end as value_text,
        case
            when value_type in ('NM', 'ST', 'SI')
                then try_cast(trim(first_value, ' <>=') as double)
            when value_type = 'SN' and string_split(first_value, '^')[3] in ('', '.', '+') is not false
                then try_cast(string_split(first_value, '^')[2] as double)
            when value_type in ('CQ', 'MO') then try_cast({{ hl7_raw('5.1.1') }} as double)
            when value_type = 'SN' then try_cast(string_split(first_value, '^')[2] as double)
        end as value_number,
        case
            when value_type in ('NM', 'ST') then nullif(regexp_extract(first_value, '^ *([<>]=?) *[0-9]', 1), '')
            when value_type = 'SN' then nullif(string_split(first_value, '^')[1], '')
        end as value_comparator,
        case when value_type = 'SN' then nullif(string_split(first_value, '^')[3], '') end as value_separator,
        case when value_type = 'SN' then try_cast(string_split(first_value, '^')[4] as double) end as value_number_2,
        case
            when value_type in ('CE', 'CWE', 'CNE', 'CF', 'IS', 'ID') then {{ hl7_codes('5') }}
        end as value_codes,
        case when value_type in ('TS', 'DTM', 'DT') then {{ hl7_timestamp('first_value', 'time_zone') }} end as value_at,
        case when value_type in ('TS', 'DTM', 'DT') then {{ hl7_precision('first_value') }} end as value_at_precision,
        {{ hl7('6.1') }} as unit_code,
        {{ hl7('6.2') }} as unit_display,
        {{ hl7('6.3') }} as unit_system,
        {{ hl7('7') }} as reference_range,
        case
            when fields[9] in ('', '""') then null
            else list_transform(string_split(fields[9], '~'), lambda flag: string_split(flag, '^')[1])
        end as abnormal_flags,
        {{ hl7('11.1') }} as result_status,
        {{ hl7_at('14') }} as observed_at,
        {{ hl7_at_precision('14') }} as observed_at_precision,
        {{ hl7('15.1') }} as producer_id,
        {{ hl7_first(hl7_persons('16')) }} as observer,
        {{ hl7('17.1') }} as method_code,
        {{ hl7('17.2') }} as method_display,
        {{ hl7('18.1') }} as equipment_id,
        {{ hl7_at('19') }} as analyzed_at,
        {{ hl7('23.1') }} as performer_name,
        {{ hl7('23.10', '23.3') }} as performer_id
    from valued
)

select * from typed
