with final as (
    select null as absent where false
)

{{ int_select('procedure', 'final', absent=int_columns('procedure').keys() | list) }}
