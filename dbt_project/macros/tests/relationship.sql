{#-
  Every value of `column_name` is found in `to`.`field`; null passes. With `tolerance` (a share of
  the rows that have a value) a few may be missing: say why, with a date, beside it.
  Severity is dbt's own: `config: {severity: warn}`.
-#}
{% test relationship(model, column_name, to, field, tolerance=0) %}
with children as (
    select {{ column_name }} as value
    from {{ model }}
    where {{ column_name }} is not null
),

orphans as (
    select children.value
    from children
    left join (select distinct {{ field }} as value from {{ to }}) as parents on children.value = parents.value
    where parents.value is null
)

select 1 as failure
from orphans
where (select count(*) from orphans) > {{ tolerance }} * (select count(*) from children)
{% endtest %}
