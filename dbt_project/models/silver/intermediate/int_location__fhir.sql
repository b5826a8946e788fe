with final as (
    select null as absent where false
)

{{ int_select('location', 'final', absent=int_columns('location').keys() | list) }}
