with final as (
    select null as absent where false
)

{{ int_select('allergy_intolerance', 'final', absent=int_columns('allergy_intolerance').keys() | list) }}
