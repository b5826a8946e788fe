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

{#
    CTEs `<name>`, a row for each group by `keys` with the list `<name>` of the values of `relation` in their order, and
    `several_<name>`. For values that are structs and mostly alone in their group: DuckDB has a buffer for each member of a
    struct in each group of `list`, kilobytes that cannot spill, so that only groups of several are grouped.
#}
{% macro lists_of_few(name, relation, keys, value, place, wanted) -%}
several_{{ name }} as (
    select {{ keys | join(', ') }}
    from {{ relation }}
    where {{ wanted }}
    group by all
    having count(*) > 1
),

{{ name }} as (
    select
        {{ keys | join(', ') }},
        [{{ value }}] as {{ name }}
    from {{ relation }}
    anti join several_{{ name }} using ({{ keys | join(', ') }})
    where {{ wanted }}
    union all
    select
        {{ keys | join(', ') }},
        {{ list_in_order(value, place) }} as {{ name }}
    from {{ relation }}
    semi join several_{{ name }} using ({{ keys | join(', ') }})
    where {{ wanted }}
    group by all
)
{%- endmacro %}
