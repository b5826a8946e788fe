{#-
  X12 as delimited text: segments, elements, components and the loops they stand in.

  Source: ASC X12.5 (interchange) and X12.6 (application control structure), and appendix B of the
  005010 implementation guides (TR3). Delimiters are those that the interchange declares
  (ISA, positions 4, 83, 105 and 106), four characters in bronze.delimiters:
  element, repetition (a blank where there is none: 004010), component, segment terminator.

  Not here: what a code means (seeds), or which claim is the current one (silver).
-#}

{% macro x12_delimiter(kind) -%}
    delimiters[{{ {'element': 1, 'repetition': 2, 'component': 3, 'segment': 4}[kind] }}]
{%- endmacro %}

{#-
  The component separator that a transaction set uses. It is what ISA16 declares, unless the
  procedure and diagnosis composites show that the sender filled in another one (`HC>99213` under a
  declared `:`), which translators that rewrite the envelope leave behind.
-#}
{% macro x12_component_separator(text) -%}
    {%- set element = x12_delimiter('element') -%}
    {%- set declared = x12_delimiter('component') -%}
    case
        when
            ({%- for qualifier in ['HC', 'BK', 'ABK'] %}
            contains({{ text }}, {{ element }} || '{{ qualifier }}>'){{ ' or' if not loop.last }}
            {%- endfor %}
            )
            and not contains({{ text }}, {{ element }} || 'HC' || {{ declared }})
            and not contains({{ text }}, 'BK' || {{ declared }})
            then '>'
        else {{ declared }}
    end
{%- endmacro %}

{#-
  The text of a transaction set without what line breaks did to it. X12 has no line breaks, but files
  do: after each terminator (dropped), every 80 characters (dropped: the break is nobody's data), or
  inside an element that somebody typed on two lines (a blank). In two steps, since each branch of a
  case works out its own copy: `x12_by_segment`, then this on its column.
-#}
{% macro x12_by_segment(text) -%}
    {%- set terminator = x12_delimiter('segment') -%}
    case
        when contains({{ text }}, chr(13))
            then replace(replace({{ text }}, {{ terminator }} || chr(13) || chr(10), {{ terminator }}), {{ terminator }} || chr(10), {{ terminator }})
        when contains({{ text }}, chr(10)) then replace({{ text }}, {{ terminator }} || chr(10), {{ terminator }})
        else {{ text }}
    end
{%- endmacro %}

{% macro x12_unwrapped(text, by_segment) -%}
    {%- set terminator = x12_delimiter('segment') -%}
    case
        when {{ terminator }} in (chr(10), chr(13)) then translate({{ text }}, case {{ terminator }} when chr(10) then chr(13) else chr(10) end, '')
        when contains({{ by_segment }}, chr(10)) or contains({{ by_segment }}, chr(13))
            then regexp_replace({{ by_segment }}, '[\r\n]+', case when {{ x12_is_wrapped(text) }} then '' else ' ' end, 'g')
        else {{ by_segment }}
    end
{%- endmacro %}

{#- Whether a text is broken into lines of one length: the second line is as long as the third. -#}
{% macro x12_is_wrapped(text) -%}
    (
        length(split_part({{ text }}, chr(10), 2)) >= 40
        and length(split_part({{ text }}, chr(10), 2)) = length(split_part({{ text }}, chr(10), 3))
    )
{%- endmacro %}

{#-
  A transaction set as one number to group and join by, several times cheaper than its digest and
  place: 88 bits of the digest, then its place in the file.
-#}
{% macro x12_record_key() -%}
    {{ x12_file_key('file_sha256') }} * 68719476736 + record_index
{%- endmacro %}

{% macro x12_file_key(digest) -%}
    (
        cast(cast('0x' || {{ digest }}[1:15] as bigint) as hugeint) * 268435456
        + cast('0x' || {{ digest }}[16:22] as bigint)
    )
{%- endmacro %}

{% macro x12_file_of_key(key) -%}
    {{ key }} // 68719476736
{%- endmacro %}

{% macro x12_index_of_key(key) -%}
    {{ key }} % 68719476736
{%- endmacro %}

{#-
  Every segment with its `elements`, split where they are read: most models want few segments, and a
  text is written several times faster than a list.
-#}
{% macro x12_segments() -%}
    select
        *,
        string_split(segment_text, element_separator) as elements
    from {{ ref('stg_x12__segments') }}
{%- endmacro %}

{#- Element `n` of a segment: CLM05 is x12_element(5). Empty is null (X12.6: not used). -#}
{% macro x12_element(n, elements='elements') -%}
    nullif(trim({{ elements }}[{{ n + 1 }}]), '')
{%- endmacro %}

{#- Component `n` of a composite element: CLM05-3 is x12_component(x12_element(5), 3). -#}
{% macro x12_component(element, n, separator='component_separator') -%}
    nullif(trim(split_part({{ element }}, {{ separator }}, {{ n }})), '')
{%- endmacro %}

{#- Type R (decimal, with or without a point, perhaps signed); what is no number is null. -#}
{% macro x12_decimal(text) -%}
    try_cast({{ text }} as decimal(18, 2))
{%- endmacro %}

{% macro x12_quantity(text) -%}
    try_cast({{ text }} as double)
{%- endmacro %}

{#- Type DT: CCYYMMDD, or YYMMDD before 004010; also the head of a date and time (DT, CCYYMMDDHHMM). -#}
{% macro x12_date(text) -%}
    case
        when length({{ text }}) = 6 then try_strptime({{ text }}, '%y%m%d')::date
        else try_strptime(left({{ text }}, 8), '%Y%m%d')::date
    end
{%- endmacro %}

{#-
  First and last day of a date element by its format qualifier (element 1250): D8 is one day,
  RD8 is CCYYMMDD-CCYYMMDD, D6 and DT as above. The last day of one day is that day.
-#}
{% macro x12_period_start(text) -%}
    {{ x12_date("split_part(" ~ text ~ ", '-', 1)") }}
{%- endmacro %}

{% macro x12_period_end(text) -%}
    {{ x12_date("split_part(" ~ text ~ ", '-', case when contains(" ~ text ~ ", '-') then 2 else 1 end)") }}
{%- endmacro %}

{#- A date and a time (types DT and TM: HHMM, HHMMSS, HHMMSSD…) as a local timestamp. -#}
{% macro x12_timestamp(date_text, time_text) -%}
    coalesce(
        try_strptime(left({{ date_text }}, 8) || left({{ time_text }}, 4), '%Y%m%d%H%M'),
        try_strptime(left({{ date_text }}, 8), '%Y%m%d')
    )
{%- endmacro %}

{#- The index of the last segment that satisfies `condition`, up to this one; needs window x12_order. -#}
{% macro x12_last_index(condition) -%}
    last_value(case when {{ condition }} then segment_index end ignore nulls) over x12_order
{%- endmacro %}

{#- The first value, in the order of segments, among those of a group that satisfy `condition`. -#}
{% macro x12_first(value, condition) -%}
    arg_min({{ value }}, segment_index) filter (where {{ condition }})
{%- endmacro %}

{#- The elements of the first segment among those of a group that satisfy `condition`. -#}
{% macro x12_first_elements(condition) -%}
    string_split({{ x12_first('segment_text', condition) }}, any_value(element_separator))
{%- endmacro %}

{#- The value of the first REF segment with one of these qualifiers (element 128). -#}
{% macro x12_reference(qualifier, condition='true') -%}
    {{ x12_first(x12_element(2), "segment_id = 'REF' and elements[2] = '" ~ qualifier ~ "' and " ~ condition) }}
{%- endmacro %}

{#- The text of the first DTP (DTP03) or, with segment='DTM', DTM (DTM02) with this qualifier (element 374). -#}
{% macro x12_date_text(qualifier, segment='DTP', condition='true') -%}
    {{ x12_first(
        x12_element(3) if segment == 'DTP' else x12_element(2),
        "segment_id = '" ~ segment ~ "' and elements[2] = '" ~ qualifier ~ "' and " ~ condition
    ) }}
{%- endmacro %}

{#- The amount of the first AMT segment with this qualifier (element 522). -#}
{% macro x12_amount(qualifier, condition='true') -%}
    {{ x12_decimal(x12_first(x12_element(2), "segment_id = 'AMT' and elements[2] = '" ~ qualifier ~ "' and " ~ condition)) }}
{%- endmacro %}

{#-
  What every row of X12 staging says about where it came from. Segments and what is gathered of them
  only have a record_key; these are joined last, when rows are fewest.
-#}
{% macro x12_origins() -%}
    select
        record_key,
        source_system,
        feed,
        file_sha256,
        record_index,
        received_at
    from {{ ref('stg_x12__transactions') }}
{%- endmacro %}

{% macro x12_provenance(relation='transactions') -%}
    {{ relation }}.source_system,
    {{ relation }}.feed,
    {{ relation }}.file_sha256,
    {{ relation }}.record_index,
    {{ relation }}.file_sha256 || ':' || {{ relation }}.record_index as source_record_id,
    {{ relation }}.received_at
{%- endmacro %}

{#-
  The FHIR code system of a procedure code in X12 (C003): HC is HCPCS in the wide sense, of which
  level I is CPT (five digits, or four and a letter) and level II a letter and four digits; whatever
  else stands there is the sender's own.
-#}
{% macro procedure_code_system(qualifier, code, source_system) -%}
    case
        when {{ code }} is null then null
        when {{ qualifier }} = 'AD' then 'http://www.ada.org/cdt'
        when {{ qualifier }} = 'N4' then 'http://hl7.org/fhir/sid/ndc'
        when regexp_matches({{ code }}, '^[0-9]{4}[0-9A-Z]$') then 'http://www.ama-assn.org/go/cpt'
        when regexp_matches({{ code }}, '^[A-Z][0-9]{4}$') then 'http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets'
        else {{ local_system_uri(source_system, "coalesce(" ~ qualifier ~ ", 'procedure')") }}
    end
{%- endmacro %}

{#- X12 individual relationship code (1069) as FHIR subscriber-relationship. -#}
{% macro x12_relationship(code) -%}
    case {{ code }}
        when '18' then 'self'
        when '01' then 'spouse'
        when '53' then 'common'
        when '03' then 'parent'
        when '32' then 'parent'
        when '33' then 'parent'
        when '19' then 'child'
        when '09' then 'child'
        when '10' then 'child'
        when '17' then 'child'
        when '41' then 'injured'
        else case when {{ code }} is not null then 'other' end
    end
{%- endmacro %}

{#- X12 insurance line (HD03, 1205) or claim filing indicator (SBR09, 1032) as v3-ActCode coverage type. -#}
{% macro x12_coverage_type(code) -%}
    case {{ code }}
        when 'HLT' then 'EHCPOL'
        when 'MM' then 'EHCPOL'
        when 'HMO' then 'HMO'
        when 'HM' then 'HMO'
        when 'PPO' then 'PPO'
        when '12' then 'PPO'
        when 'POS' then 'POS'
        when '13' then 'POS'
        when 'DEN' then 'DENTPRG'
        when 'VIS' then 'VISPOL'
        when 'PDG' then 'DRUGPOL'
        when 'LTC' then 'LTC'
        when 'MA' then 'RETIRE'
        when 'MB' then 'RETIRE'
        when 'MC' then 'PUBLICPOL'
        when 'CH' then 'MILITARY'
        when 'CI' then 'EHCPOL'
        when 'BL' then 'EHCPOL'
        when 'AM' then 'AUTOPOL'
        when 'WC' then 'WCBPOL'
    end
{%- endmacro %}
