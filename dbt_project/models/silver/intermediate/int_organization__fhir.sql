with final as (
    select null as absent where false
)

{{ int_select('organization', 'final', absent=int_columns('organization').keys() | list) }}
