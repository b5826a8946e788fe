{#
    Lists and texts of a group in an order. DuckDB keeps a buffer for each group of `list(… order by …)` and
    `string_agg(… order by …)`: to sort the finished lists costs a tenth of it.
#}

{# The values of a group by `place`, those that are `wanted`; null where there are none. #}
{% macro list_in_order(value, place, wanted=none) -%}
    list_transform(
        list_sort(list({'place': {{ place }}, 'value': {{ value }}}){{ ' filter (where ' ~ wanted ~ ')' if wanted }}),
        lambda one: one."value"
    )
{%- endmacro %}

{# The texts of a group by `place`, joined; null where there are none. #}
{% macro text_in_order(value, separator, place, wanted=none) -%}
    list_aggregate({{ list_in_order(value, place, wanted) }}, 'string_agg', {{ separator }})
{%- endmacro %}
