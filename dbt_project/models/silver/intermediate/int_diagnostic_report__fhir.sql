with final as (
    select null as absent where false
)

{{ int_select('diagnostic_report', 'final', absent=int_columns('diagnostic_report').keys() | list) }}
