{#-
  What an OBX says beyond the columns of silver, as JSON of FHIR R4 elements (HL7's Version 2 to FHIR, segment
  OBX). `value` is a list of texts, the components of one repetition of OBX-5.
-#}

{#- Ratio, Range and Period out of SN, NR and DR; a member of the resource (`"valueRange":{…}`), or null. -#}
{% macro hl7_composite_value(value_type, value, unit, ucum) -%}
    {%- set quantity = {} -%}
    {%- for place in [1, 2, 4] -%}
        {%- do quantity.update({place: fhir_quantity(
            'try_cast(' ~ value ~ '[' ~ place ~ '] as double)', unit,
            code='case when ' ~ is_ucum(ucum) ~ ' then ' ~ ucum ~ ' end'
        )}) -%}
    {%- endfor -%}
    case
        when {{ value_type }} = 'SN' and {{ value }}[3] in (':', '/') and try_cast({{ value }}[2] as double) is not null
            and try_cast({{ value }}[4] as double) is not null
            then '"valueRatio":' || {{ fhir_object({'numerator': quantity[2], 'denominator': quantity[4]}) }}
        when {{ value_type }} = 'SN' and {{ value }}[3] = '-' and coalesce({{ value }}[1], '') in ('', '=')
            and coalesce(try_cast({{ value }}[2] as double), try_cast({{ value }}[4] as double)) is not null
            then '"valueRange":' || {{ fhir_object({'low': quantity[2], 'high': quantity[4]}) }}
        when {{ value_type }} = 'NR' and coalesce(try_cast({{ value }}[1] as double), try_cast({{ value }}[2] as double)) is not null
            then '"valueRange":' || {{ fhir_object({'low': quantity[1], 'high': quantity[2]}) }}
    end
{%- endmacro %}

{#- TM, HH[MM[SS[.S…]]][±ZZZZ], as FHIR time: seconds are needed, an offset has no place. -#}
{% macro hl7_time(text) -%}
    case
        when regexp_full_match({{ text }}, '([01][0-9]|2[0-3])[0-5][0-9]([0-5][0-9]([.][0-9]+)?)?([+-][0-9]{4})?')
            then
                substr({{ text }}, 1, 2) || ':' || substr({{ text }}, 3, 2) || ':'
                || case
                    when regexp_matches({{ text }}, '^[0-9]{6}') then regexp_extract({{ text }}, '^[0-9]{4}([0-9]{2}([.][0-9]+)?)', 1)
                    else '00'
                end
    end
{%- endmacro %}

{#- The members of an `Observation.component` that holds a further repetition of OBX-5. -#}
{% macro hl7_further_value(value_type, value, unit, ucum, source_system) -%}
    coalesce(
        {{ hl7_composite_value(value_type, value, unit, ucum) }},
        case
            when {{ value_type }} in ('CE', 'CWE', 'CNE', 'CF', 'IS', 'ID')
                then '"valueCodeableConcept":' || {{ hl7_concept(value, source_system) }}
            when {{ value_type }} = 'NM' and try_cast({{ value }}[1] as double) is not null
                then '"valueQuantity":' || {{ fhir_quantity(
                    'try_cast(' ~ value ~ '[1] as double)', unit,
                    code='case when ' ~ is_ucum(ucum) ~ ' then ' ~ ucum ~ ' end'
                ) }}
        end,
        '"valueString":' || {{ fhir_string("array_to_string(list_filter(" ~ value ~ ", lambda part: part <> ''), ' ')") }}
    )
{%- endmacro %}

{#- CE, CWE, CNE: both codings and the text (components 1 to 6 and 9). -#}
{% macro hl7_concept(value, source_system) -%}
    {{ fhir_object({
        'coding': fhir_array([
            "case when nullif(" ~ value ~ "[1], '') is not null then " ~ fhir_coding(
                coding_system(source_system, "nullif(" ~ value ~ "[3], '')"), "nullif(" ~ value ~ "[1], '')", "nullif(" ~ value ~ "[2], '')"
            ) ~ " end",
            "case when nullif(" ~ value ~ "[4], '') is not null then " ~ fhir_coding(
                coding_system(source_system, "nullif(" ~ value ~ "[6], '')"), "nullif(" ~ value ~ "[4], '')", "nullif(" ~ value ~ "[5], '')"
            ) ~ " end",
        ]),
        'text': fhir_string(
            "coalesce(nullif(" ~ value ~ "[9], ''), nullif(" ~ value ~ "[2], ''), nullif(" ~ value ~ "[5], ''))"
        ),
    }) }}
{%- endmacro %}

{#-
  OBX-8, the flags of table 0078, as interpretations: HL7's v3 system has the same codes. What is none of them is
  text.
-#}
{% macro hl7_interpretations(flags) -%}
    {%- set concepts -%}
    list_transform(
        list_filter(string_split({{ flags }}, '~'), lambda flag: trim(string_split(flag, '^')[1]) <> ''),
        lambda flag: case
            when list_contains({{ hl7_interpretation_codes() }}, upper(trim(string_split(flag, '^')[1])))
                then {{ fhir_object({
                    'coding': fhir_array([fhir_coding(
                        "'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation'",
                        "upper(trim(string_split(flag, '^')[1]))", "nullif(string_split(flag, '^')[2], '')"
                    )]),
                }) }}
            else {{ fhir_object({'text': fhir_string("coalesce(nullif(string_split(flag, '^')[2], ''), string_split(flag, '^')[1])")}) }}
        end
    )
    {%- endset -%}
    {{ fhir_list(concepts) }}
{%- endmacro %}

{% macro hl7_interpretation_codes() -%}
    ['L', 'H', 'LL', 'HH', '<', '>', 'N', 'A', 'AA', 'S', 'R', 'I', 'MS', 'VS', 'U', 'D', 'B', 'W', 'POS', 'NEG', 'IND', 'DET',
    'ND', 'NR', 'RR', 'WR', 'LU', 'HU', 'E', 'EX', 'HX', 'LX', 'NCL', 'NS', 'SDD', 'SYN-R', 'SYN-S', 'TOX', 'UNE', 'CAR', 'AC',
    'IE', 'QCF', 'EXP', 'HM', 'OBX']
{%- endmacro %}

{#-
  A resource (JSON text) with the elements of `further` (RFC 7396), columns which have a JSON object or are null. `apart`:
  nothing in the one column of them is named as what the resource has; then it is put behind, and no JSON is read.
-#}
{% macro fhir_with_further(built, further=['further'], apart=false) -%}
    {%- if apart -%}
    case when {{ further[0] }} is null then {{ built }} else left({{ built }}, -1) || ',' || substr({{ further[0] }}, 2) end
    {%- else -%}
    case
        when {{ further | join(' is null and ') }} is null then {{ built }}
        else cast(json_merge_patch({{ built }}{% for column in further %}, coalesce({{ column }}, '{}'){% endfor %}) as varchar)
    end
    {%- endif -%}
{%- endmacro %}

{#-
  Who took part in an observation beside who produced it (OBX-15) and first observed it (OBX-16): the organization that
  performed it (OBX-23), the other observers and the director (OBX-25), as references; null where that is nobody else.
-#}
{% macro hl7_further_performers(performer, source_system) -%}
    {%- set producer = organization_key('null', source_system, performer ~ '.producer_id', performer ~ '.producer_name') -%}
    {%- set organization = organization_key('null', source_system, performer ~ '.performer_id', performer ~ '.performer_name') -%}
    {%- set observer = practitioner_key(
        'case when upper(' ~ performer ~ ".observer_authority) = 'NPI' then " ~ performer ~ '.observer_id end',
        source_system, performer ~ '.observer_authority', performer ~ '.observer_id'
    ) -%}
    {%- set people -%}
        list_filter(
            list_transform(
                list_concat({{ performer }}.further_observers, [{{ performer }}.director]),
                lambda person: {'role': null::varchar, 'practitioner_key': {{ hl7_practitioner_key('person', source_system) }}}
            ),
            lambda person: person.practitioner_key is not null and person.practitioner_key is distinct from {{ observer }}
        )
    {%- endset -%}
    nullif(list_concat(
        case
            when {{ performer }}.producer_id is not null and {{ performer }}.performer_name is not null and {{ organization }} <> {{ producer }}
                then ['Organization/' || {{ organization_id(organization) }}]
        end,
        list_transform({{ practitioner_ids(people, 'role') }}, lambda person: 'Practitioner/' || person.practitioner_id)
    ), [])
{%- endmacro %}
