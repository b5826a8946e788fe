{#- The model has exactly one row for each row of `to` and no other, by `column_name` = `field`. -#}
{% test same_rows(model, column_name, to, field) %}
(
    select {{ column_name }} as value from {{ model }}
    except all
    select {{ field }} as value from {{ to }}
)
union all
(
    select {{ field }} as value from {{ to }}
    except all
    select {{ column_name }} as value from {{ model }}
)
{% endtest %}
