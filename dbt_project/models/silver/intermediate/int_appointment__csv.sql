with final as (
    select null as absent where false
)

{{ int_select('appointment', 'final', absent=int_columns('appointment').keys() | list) }}
