with final as (
    select null as absent where false
)

{{ int_select('medication_dispense', 'final', absent=int_columns('medication_dispense').keys() | list) }}
