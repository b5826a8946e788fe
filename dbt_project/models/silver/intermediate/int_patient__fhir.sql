with final as (
    select null as absent where false
)

{{ int_select('patient', 'final', absent=int_columns('patient').keys() | list) }}
