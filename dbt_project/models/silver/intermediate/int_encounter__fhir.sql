with final as (
    select null as absent where false
)

{{ int_select('encounter', 'final', absent=int_columns('encounter').keys() | list) }}
