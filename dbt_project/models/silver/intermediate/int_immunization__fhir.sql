with final as (
    select null as absent where false
)

{{ int_select('immunization', 'final', absent=int_columns('immunization').keys() | list) }}
