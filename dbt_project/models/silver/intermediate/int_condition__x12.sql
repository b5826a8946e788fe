with final as (
    select null as absent where false
)

{{ int_select('condition', 'final', absent=int_columns('condition').keys() | list) }}
