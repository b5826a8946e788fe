{{ config(materialized='view') }}

-- Only silver reads it, and once: a view saves writing it down.

with segments as (
    {{ x12_segments() }}
    where segment_id = 'CAS' and claim_index is not null and transaction_type = '835'
),

-- CAS01 is the group, then up to six triplets of reason, amount and quantity (CAS02 to CAS19).
triplets as (
    select
        *,
        unnest(range(1, 7)) as triplet_number
    from segments
),

transactions as (
    {{ x12_origins() }}
),

parsed as (
    select
        *,
        nullif(trim(elements[3 * triplet_number]), '') as reason_code,
        nullif(trim(elements[3 * triplet_number + 1]), '') as amount_text,
        nullif(trim(elements[3 * triplet_number + 2]), '') as quantity_text
    from triplets
)

select
    {{ x12_provenance() }},
    claim_index,
    -- Null: the whole claim is adjusted, not one of its lines.
    line_index,
    segment_index,
    triplet_number,
    {{ x12_element(1) }} as group_code,
    reason_code,
    {{ x12_decimal('amount_text') }} as amount,
    {{ x12_quantity('quantity_text') }} as quantity
from parsed
inner join transactions
    on parsed.record_key = transactions.record_key
where reason_code is not null or amount_text is not null
