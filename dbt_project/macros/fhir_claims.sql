{#- FHIR elements that claims, payments and coverage share. -#}

{# A reference, or what is known of the one that it would name: required elements are never empty. #}
{% macro fhir_reference_or_display(type, id, display) -%}
    coalesce(
        {{ fhir_reference(type, id) }},
        {{ fhir_object({'display': fhir_string("coalesce(" ~ display ~ ", 'unknown')")}) }}
    )
{%- endmacro %}

{% macro fhir_reference_or_identifier(type, id, value) -%}
    coalesce(
        {{ fhir_reference(type, id) }},
        {{ fhir_object({'identifier': fhir_object({'value': fhir_string(value)})}) }}
    )
{%- endmacro %}

{% macro fhir_money(amount) -%}
    case when {{ amount }} is not null then {{ fhir_object({
        'value': fhir_number(amount), 'currency': fhir_constant('USD')}) }} end
{%- endmacro %}

{# What was billed: a procedure code, or the revenue code where an institution sends no more. #}
{% macro fhir_service(system, code, revenue_code) -%}
    coalesce(
        case when {{ code }} is not null then {{ fhir_codeable_concept(system, code) }} end,
        {{ fhir_revenue(revenue_code) }},
        '{"text":"not stated"}'
    )
{%- endmacro %}

{% macro fhir_revenue(code) -%}
    case when {{ code }} is not null then {{ fhir_codeable_concept("'https://www.nubc.org/CodeSystem/RevenueCodes'", code) }} end
{%- endmacro %}

{% macro fhir_modifiers(modifiers) -%}
    {{ fhir_list(
        "list_transform(" ~ modifiers ~ ", lambda modifier: "
        ~ fhir_codeable_concept("'http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets'", 'modifier') ~ ")"
    ) }}
{%- endmacro %}

{# An adjudication of CARIN Blue Button (C4BBAdjudication) or FHIR's own list, with an amount. #}
{% macro fhir_adjudication(category, amount, system='http://terminology.hl7.org/CodeSystem/adjudication') -%}
    case when {{ amount }} is not null then {{ fhir_object({
        'category': fhir_codeable_concept("'" ~ system ~ "'", "'" ~ category ~ "'"),
        'amount': fhir_money(amount),
    }) }} end
{%- endmacro %}

{#
    A CAS triplet as an adjudication: PR is the member's share, CO and the rest what is not paid
    (CARIN Blue Button: memberliability, discount for CO*45, noncovered), the reason being the CARC.
#}
{% macro fhir_adjustment(adjustment) -%}
    {{ fhir_object({
        'category': fhir_codeable_concept(
            "'http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBAdjudication'",
            "case when " ~ adjustment ~ ".group_code = 'PR' then 'memberliability' when " ~ adjustment ~ ".group_code = 'CO' and " ~ adjustment ~ ".reason_code = '45' then 'discount' else 'noncovered' end"
        ),
        'reason': fhir_codeable_concept(
            "'https://x12.org/codes/claim-adjustment-reason-codes'", adjustment ~ '.reason_code',
            text=adjustment ~ ".group_code || '*' || " ~ adjustment ~ ".reason_code"
        ),
        'amount': fhir_money(adjustment ~ '.amount'),
        'value': fhir_number(adjustment ~ '.quantity'),
    }) }}
{%- endmacro %}
