with final as (
    select null as absent where false
)

{{ int_select('medication_request', 'final', absent=int_columns('medication_request').keys() | list) }}
