{#-
  `expression` holds for every row; unknown (null) passes, as in a CHECK constraint.
  On a column the expression begins after it: `arguments: {expression: '>= 0'}`.
-#}
{% test expression_is_true(model, expression, column_name=none) %}
select 1 as failure
from {{ model }}
where not ({{ column_name if column_name is not none }} {{ expression }})
{% endtest %}
