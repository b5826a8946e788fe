{#
    The one order of words: where several records speak of one thing, the newest counts. First when it was said (the
    message's own time, which often has minutes only), then when it came, then its place: the record's in its file and
    the segment's, loop's or resource's in the record. The record's id, a text in which record 10 stands before record 9,
    comes last and tells only the files of one moment apart. Rows that still tie are one place's: where they can differ,
    their content decides.

    `relation` has recorded_at, received_at, record_order and source_record_id, the columns of every `int_` model. With a
    `place` it is a staging model, and `place` its column of the place in the record (0: the record is one thing).
#}

{# As a value, for max_by: the greater, the newer. #}
{% macro word_order(relation=none, place=none) -%}
    {%- set recorded_at, received_at, record_order, record = word_order_keys(relation, place) -%}
    struct_pack(
        recorded_at := {{ recorded_at }}, received_at := {{ received_at }}, record_order := {{ record_order }}, record := {{ record }}
    )
{%- endmacro %}

{#
    The same as bytes, for many aggregates of one group: of a struct each of them would make its own. None of the keys may be
    null.
#}
{% macro word_key(relation=none, place=none) -%}
    create_sort_key({% for key in word_order_keys(relation, place) %}{{ key }}, 'asc nulls first'{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}

{# For `order by`: the newest first. `between` are further keys, after when it was said. #}
{% macro newest_first(relation=none, place=none, between=[]) -%}
    {%- set keys = word_order_keys(relation, place) -%}
    {{ ([keys[0]] + between + keys[1:]) | join(' desc, ') }} desc
{%- endmacro %}

{# A record's place in its file, and that of `place` in the record, as one number. #}
{% macro record_order(relation=none, place=0) -%}
    {%- set owner = relation ~ '.' if relation else '' -%}
    {{ owner }}record_index * 1000000{{ ' + ' ~ owner ~ place if place }}
{%- endmacro %}

{% macro word_order_keys(relation, place) -%}
    {%- set owner = relation ~ '.' if relation else '' -%}
    {%- if place is none -%}
        {{ return([owner ~ 'recorded_at', owner ~ 'received_at', owner ~ 'record_order', owner ~ 'source_record_id']) }}
    {%- endif -%}
    {{ return([
        'coalesce(' ~ owner ~ 'message_at, ' ~ owner ~ 'received_at)', owner ~ 'received_at',
        record_order(relation, place), owner ~ 'source_record_id',
    ]) }}
{%- endmacro %}
