{#-
  How a drug is to be taken, out of RXE, RXO, RXD, RXR, TQ1 and the older TQ of ORC-7 and RXE-1, as members of FHIR's
  Dosage. HL7's Version 2 to FHIR (segments RXO, RXR, TQ1 for MedicationRequest; data types RPT, TQ), whose rules
  hold for RXE and RXD as well. `int_hl7v2__dosages` puts it together.
-#}

{#- A unit of time, as HL7 writes it alone (TQ1-6) or before a number (TQ-3, table 0335), in UCUM. -#}
{% macro hl7_time_unit(unit) -%}
    case
        when upper({{ unit }}) in ('S', 'SEC', 'SECOND', 'SECONDS') then 's'
        when upper({{ unit }}) in ('M', 'MIN', 'MINUTE', 'MINUTES') then 'min'
        when upper({{ unit }}) in ('H', 'HR', 'HRS', 'HOUR', 'HOURS') then 'h'
        when upper({{ unit }}) in ('D', 'DAY', 'DAYS') then 'd'
        when upper({{ unit }}) in ('W', 'WK', 'WEEK', 'WEEKS') then 'wk'
        when upper({{ unit }}) in ('L', 'MO', 'MONTH', 'MONTHS') then 'mo'
        when upper({{ unit }}) in ('A', 'Y', 'YR', 'YEAR', 'YEARS') then 'a'
    end
{%- endmacro %}

{#- A number with the unit's code, words and the URI of its coding system. -#}
{% macro hl7_coded_quantity(value, code, display, uri) -%}
    case when {{ value }} is not null then {{ fhir_object({
        'value': fhir_number(value),
        'unit': fhir_string("coalesce(" ~ display ~ ", " ~ code ~ ")"),
        'system': "case when " ~ code ~ " is not null then " ~ fhir_token(uri) ~ " end",
        'code': "case when " ~ uri ~ " is not null then " ~ fhir_code(code) ~ " end",
    }) }} end
{%- endmacro %}

{#- A quantity's unit as sent, a struct: a code only where it is said whose. -#}
{% macro hl7_unit_coding(code, source_system) -%}
    case
        when {{ code }} is not null
            then {
                'system': {{ coding_system(source_system, code ~ '_system') }},
                'code': case when {{ code }}_system is not null then {{ code }} end,
                'display': coalesce({{ code }}_display, {{ code }})
            }
    end
{%- endmacro %}

{#- `dosageInstruction` of one Dosage: its text and the other members. -#}
{% macro fhir_dosage_instruction(text, dosage) -%}
    {%- set members -%} concat_ws(',', '"text":' || {{ fhir_string(text) }}, {{ dosage }}) {%- endset -%}
    '[{' || {{ null_if_empty(members) }} || '}]'
{%- endmacro %}

{#- Whether the pharmacy may give another product: RXE-9 (table 0167), RXO-9 (0161), by HL7's map of 0161. -#}
{% macro hl7_substitution(code, table) -%}
    case
        when {{ code }} in ('G', 'N', 'T') then {{ fhir_codeable_concept(
            "'http://terminology.hl7.org/CodeSystem/v3-substanceAdminSubstitution'", "case " ~ code ~ " when 'T' then 'TE' else " ~ code ~ " end"
        ) }}
        when {{ code }} is not null then {{ fhir_codeable_concept("'http://terminology.hl7.org/CodeSystem/v2-" ~ table ~ "'", code) }}
    end
{%- endmacro %}

{#-
  All repetitions of a coded field, of `table` where the sender names no system: first their codings and text as a list of
  structs, in a CTE of its own, then as CodeableConcepts.
-#}
{% macro hl7_concept_parts(values, source_system, table=none) -%}
    list_transform(
        list_filter({{ values }}, lambda value: coalesce(value.code, value.display, value.alternate_code, value.original_text) is not null),
        lambda value: {
            'codings': coalesce({{ hl7_value_codings('value', source_system, table) }}, []),
            'text': coalesce(value.original_text, value.display, value.alternate_display)
        }
    )
{%- endmacro %}

{% macro fhir_concepts_of(parts) -%}
    {{ fhir_list("list_transform(" ~ parts ~ ", lambda value: " ~ fhir_concept_of('value.codings', 'value."text"') ~ ")") }}
{%- endmacro %}
