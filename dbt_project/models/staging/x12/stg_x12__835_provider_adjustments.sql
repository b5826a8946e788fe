with segments as (
    {{ x12_segments() }}
    where segment_id = 'PLB' and transaction_type = '835'
),

-- PLB03 to PLB14: up to six pairs of a composite (reason, reference) and an amount.
pairs as (
    select
        *,
        unnest(range(1, 7)) as pair_number
    from segments
),

transactions as (
    {{ x12_origins() }}
),

parsed as (
    select
        *,
        nullif(trim(elements[2 * pair_number + 2]), '') as reason,
        nullif(trim(elements[2 * pair_number + 3]), '') as amount_text
    from pairs
)

select
    {{ x12_provenance() }},
    segment_index,
    pair_number,
    {{ x12_element(1) }} as provider_id,
    {{ x12_date(x12_element(2)) }} as fiscal_period_date,
    {{ x12_component('reason', 1) }} as reason_code,
    {{ x12_component('reason', 2) }} as reference_id,
    -- Positive lowers the payment, negative raises it (TR3, 1.10.2.10).
    {{ x12_decimal('amount_text') }} as amount
from parsed
inner join transactions
    on parsed.record_key = transactions.record_key
where reason is not null
