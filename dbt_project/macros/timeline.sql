{#-
  The select list of one kind of event of patient_timeline, so that all kinds have the same columns.

  Give either `moment` (a UTC timestamp, with the column of its `precision` where there is one) or
  `day` (a date). Everything but `resource_type` is a SQL expression.
-#}
{% macro timeline_event(
    event_type, resource_type, resource_id, title,
    moment=none, precision=none, day=none,
    code_system='null', code='null', detail='null', encounter_id='null', is_upcoming='false'
) -%}
    {{ event_type }} || '/' || {{ resource_id }} as event_id,
    patient_id,
    {%- if day is not none %}
    cast({{ day }} as timestamp) as event_at,
    'day' as event_at_precision,
    {{ day }} as event_date,
    {%- else %}
    {{ moment }} as event_at,
    {{ "coalesce(" ~ precision ~ ", 'second')" if precision is not none else "'second'" }} as event_at_precision,
    {{ local_date(moment, precision) }} as event_date,
    {%- endif %}
    {{ event_type }} as event_type,
    cast({{ title }} as varchar) as title,
    cast({{ code_system }} as varchar) as code_system,
    cast({{ code }} as varchar) as code,
    cast({{ detail }} as varchar) as detail,
    {{ is_upcoming }} as is_upcoming,
    '{{ resource_type }}' as resource_type,
    {{ resource_id }} as resource_id,
    cast({{ encounter_id }} as varchar) as encounter_id,
    source_system,
    source_systems,
    source_record_id
{%- endmacro %}
