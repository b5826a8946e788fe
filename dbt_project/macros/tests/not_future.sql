{#- A date or a moment that has happened by the end of the as-of day; null passes. -#}
{% test not_future(model, column_name) %}
select 1 as failure
from {{ model }}
where {{ column_name }} >= {{ as_of_end() }}
{% endtest %}
