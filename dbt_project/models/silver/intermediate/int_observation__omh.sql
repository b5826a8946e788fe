with final as (
    select null as absent where false
)

{{ int_select('observation', 'final', absent=int_columns('observation').keys() | list) }}
