with final as (
    select null as absent where false
)

{{ int_select('practitioner', 'final', absent=int_columns('practitioner').keys() | list) }}
