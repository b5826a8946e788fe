with final as (
    select null as nothing where false
)

{{ mention_select('final', absent=mention_columns().keys() | list) }}
