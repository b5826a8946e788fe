{#
    National Drug Codes in every form that people write them in → eleven digits, 5-4-2.

    A code has ten digits in the label's own form (labeler-product-package: 4-4-2, 5-3-2 or 5-4-1) and eleven in
    HIPAA's (5-4-2), where a zero fills the short segment. Ten digits without hyphens could be any of the three:
    only a list of known codes can say which (int_ndc).
    Source: 21 CFR 207.33; NLM, RxNorm Technical Documentation, “NDC”; X12 005010 LIN02 and HL7 v2 name it N4 and NDC.
#}

{# The digits and hyphens of a code: without its qualifier; blanks, stars, dots as hyphens where they separate, else a star is a zero. #}
{% macro ndc_written(ndc) -%}
    {%- set named = "regexp_replace(upper(trim(replace(replace(" ~ ndc ~ ", '–', '-'), '‑', '-'))), '^(?:NDC|ND|N4)[ :#.^-]*([0-9*].*)$', '\\1')" -%}
    case
        when regexp_matches({{ named }}, '^[0-9]{4,6}[ *./]+[0-9]{3,4}[ *./]+[0-9]{1,2}$')
            then regexp_replace({{ named }}, '[ *./]+', '-', 'g')
        else replace(replace({{ named }}, ' ', ''), '*', '0')
    end
{%- endmacro %}

{# Eleven digits of what `ndc_written` made, where its form says them; else null. #}
{% macro ndc_of_written(written) -%}
    case
        when regexp_matches({{ written }}, '^0*-?0*-?0*$') then null
        when regexp_matches({{ written }}, '^[0-9]{11}$') then {{ written }}
        when regexp_matches({{ written }}, '^0[0-9]{11}$') then right({{ written }}, 11)
        when regexp_matches({{ written }}, '^0?[0-9]{4,5}-[0-9]{3,4}-[0-9]{1,2}$')
            then
                right(lpad(split_part({{ written }}, '-', 1), 6, '0'), 5)
                || lpad(split_part({{ written }}, '-', 2), 4, '0')
                || lpad(split_part({{ written }}, '-', 3), 2, '0')
    end
{%- endmacro %}

{% macro ndc_11(ndc) -%} {{ ndc_of_written(ndc_written(ndc)) }} {%- endmacro %}

{# What ten digits without hyphens may be: 4-4-2, 5-3-2, 5-4-1. #}
{% macro ndc_of_ten(written) -%}
    [
        '0' || {{ written }},
        left({{ written }}, 5) || '0' || right({{ written }}, 5),
        left({{ written }}, 9) || '0' || right({{ written }}, 1)
    ]
{%- endmacro %}
