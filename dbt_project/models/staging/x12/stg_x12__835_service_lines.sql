{{ config(materialized='view') }}

-- Only silver reads it, and once: a view saves writing it down.

with segments as (
    {{ x12_segments() }}
    where transaction_type = '835' and line_index is not null
),

lines as (
    select
        record_key,
        claim_index,
        line_index,
        any_value(component_separator) as component_separator,
        {{ x12_first_elements("segment_id = 'SVC'") }} as svc,
        {{ x12_first(x12_element(2), "segment_id = 'DTM' and elements[2] in ('472', '150')") }} as service_start,
        {{ x12_first(x12_element(2), "segment_id = 'DTM' and elements[2] in ('472', '151')") }} as service_end,
        {{ x12_reference('6R') }} as line_control_number,
        {{ x12_amount('B6') }} as allowed_amount,
        list_distinct(list({{ x12_element(2) }} order by segment_index) filter (where segment_id = 'LQ'))
            as remark_codes
    from segments
    group by record_key, claim_index, line_index
),

transactions as (
    {{ x12_origins() }}
)

select
    {{ x12_provenance() }},
    claim_index,
    line_index,
    row_number() over (partition by lines.record_key, claim_index order by line_index) as line_number,
    line_control_number,
    {{ x12_component(x12_element(1, 'svc'), 1) }} as procedure_qualifier,
    {{ x12_component(x12_element(1, 'svc'), 2) }} as procedure_code,
    list_filter([
        {{ x12_component(x12_element(1, 'svc'), 3) }},
        {{ x12_component(x12_element(1, 'svc'), 4) }},
        {{ x12_component(x12_element(1, 'svc'), 5) }},
        {{ x12_component(x12_element(1, 'svc'), 6) }}
    ], lambda modifier: modifier is not null) as modifiers,
    {{ x12_decimal(x12_element(2, 'svc')) }} as charge,
    {{ x12_decimal(x12_element(3, 'svc')) }} as paid,
    {{ x12_element(4, 'svc') }} as revenue_code,
    -- SVC05 is not sent when one unit was paid (TR3, 2110 SVC05).
    coalesce({{ x12_quantity(x12_element(5, 'svc')) }}, 1) as paid_units,
    {{ x12_component(x12_element(6, 'svc'), 2) }} as submitted_procedure_code,
    {{ x12_quantity(x12_element(7, 'svc')) }} as submitted_units,
    {{ x12_date('service_start') }} as service_start_date,
    {{ x12_date('service_end') }} as service_end_date,
    allowed_amount,
    remark_codes
from lines
inner join transactions
    on lines.record_key = transactions.record_key
