{#- What the intermediate models of table sources share. -#}

{% macro csv_int_provenance() -%}
    source_system,
    feed,
    source_record_id,
    received_at,
    coalesce(message_at, received_at) as recorded_at,
    {{ record_order() }} as record_order
{%- endmacro %}
