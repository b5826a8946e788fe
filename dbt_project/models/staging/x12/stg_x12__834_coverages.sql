with segments as (
    {{ x12_segments() }}
    where transaction_type = '834' and coverage_index is not null
),

coverages as (
    select
        record_key,
        member_index,
        coverage_index,
        {{ x12_first_elements("segment_id = 'HD'") }} as hd,
        {{ x12_date_text('348') }} as benefit_begin,
        {{ x12_date_text('349') }} as benefit_end,
        {{ x12_date_text('303') }} as maintenance_effective,
        {{ x12_date_text('543') }} as last_premium_paid,
        {{ x12_reference('1L') }} as policy_number,
        {{ x12_reference('17') }} as client_reporting_category,
        {{ x12_reference('ZZ') }} as mutual_reference,
        {{ x12_amount('P3') }} as premium_amount
    from segments
    group by record_key, member_index, coverage_index
),

transactions as (
    {{ x12_origins() }}
)

select
    {{ x12_provenance() }},
    member_index,
    coverage_index,
    row_number() over (partition by coverages.record_key, member_index order by coverage_index) as coverage_number,
    {{ x12_element(1, 'hd') }} as maintenance_type_code,
    -- HD03 (1205): HLT health, HMO, PPO, DEN dental, VIS vision, PDG prescription drug …
    {{ x12_element(3, 'hd') }} as insurance_line_code,
    {{ x12_element(4, 'hd') }} as plan_description,
    {{ x12_element(5, 'hd') }} as coverage_level_code,
    {{ x12_period_start('benefit_begin') }} as benefit_begin_date,
    -- RD8 in the begin date (Medicaid monthly files) gives both ends.
    coalesce(
        {{ x12_period_end('benefit_end') }},
        case when contains(benefit_begin, '-') then {{ x12_period_end('benefit_begin') }} end
    ) as benefit_end_date,
    {{ x12_date('maintenance_effective') }} as maintenance_effective_date,
    {{ x12_date('last_premium_paid') }} as last_premium_paid_date,
    policy_number,
    client_reporting_category,
    mutual_reference,
    premium_amount
from coverages
inner join transactions
    on coverages.record_key = transactions.record_key
