{{ config(materialized='view') }}
-- Each payment decision of an 835, and whether it still stands. A reversal (CLP02 = 22) takes back an earlier
-- decision by repeating it with its amounts negated (TR3 X221, 1.10.2.8); it is not a decision of its own.
{%- set adjustment -%}
    struct_pack(group_code := group_code, reason_code := reason_code, amount := amount, quantity := quantity)
{%- endset %}
{%- set adjustment_place = '(segment_index, triplet_number)' %}
with remittances as (
    select
        *,
        coalesce(payer_id, payer_name, 'X12:' || feed) as payer_key,
        coalesce(message_at, payment_date::timestamp, received_at) as recorded_at,
        {{ record_order(none, 'claim_index') }} as record_order
    from {{ ref('stg_x12__835_claims') }}
    where claim_number is not null
),

versions as (
    select * from {{ ref('int_claim_versions__x12') }}
    where version_rank = 1
),

adjustments as (
    select * from {{ ref('stg_x12__835_adjustments') }}
),

service_lines as (
    select * from {{ ref('stg_x12__835_service_lines') }}
),

-- A void claim with a number of its own is reversed under that number: what it takes back is the claim that it voids.
voids as (
    select
        source_system,
        claim_number,
        min(replaced_claim_number) as replaced_claim_number
    from versions
    where frequency_code = '8' and replaced_claim_number is not null
    group by all
),

numbered as (
    select
        remittances.*,
        coalesce(voids.replaced_claim_number, remittances.claim_number) as decided_claim_number,
        -- The same payment sent twice is the same payment; two equal decisions in one transaction are two.
        row_number() over (
            partition by
                remittances.source_record_id, remittances.claim_number, remittances.payer_claim_number,
                remittances.claim_status_code, remittances.total_charge, remittances.total_paid
            order by remittances.claim_index
        ) as repetition
    from remittances
    left join voids
        on
            remittances.source_system = voids.source_system
            and case when remittances.is_reversal then remittances.claim_number end = voids.claim_number
),

keyed as (
    select
        *,
        concat_ws(
            '|', source_system, payer_key, claim_number, payer_claim_number, claim_status_code, total_charge,
            total_paid, coalesce(payment_trace_number, ''), repetition
        ) as decision_key
    from numbered
),

distinct_decisions as (
    select
        *,
        list_sort(list_distinct(list(source_record_id) over (partition by decision_key))) as own_record_ids
    from keyed
    qualify row_number() over (partition by decision_key order by {{ word_order() }}) = 1
),

-- The nth reversal of an amount takes back the nth decision on it.
paired as (
    select
        *,
        row_number() over (
            partition by source_system, payer_key, decided_claim_number, abs(total_charge), abs(total_paid), is_reversal
            order by {{ word_order() }}, decision_key
        ) as pair_number
    from distinct_decisions
),

decisions as (
    select * from paired
    where not is_reversal
),

reversals as (
    select * from paired
    where is_reversal
),

standing as (
    select
        decisions.*,
        reversals.decision_key is not null as is_reversed,
        reversals.recorded_at as reversed_at,
        list_concat(decisions.own_record_ids, coalesce(reversals.own_record_ids, [])) as source_record_ids
    from decisions
    left join reversals
        on
            decisions.source_system = reversals.source_system
            and decisions.payer_key = reversals.payer_key
            and decisions.decided_claim_number = reversals.decided_claim_number
            and abs(decisions.total_charge) = abs(reversals.total_charge)
            and abs(decisions.total_paid) = abs(reversals.total_paid)
            and decisions.pair_number = reversals.pair_number
),

-- A reversal of something that never reached us shows what was decided: the same amounts, taken back.
orphaned as (
    select
        reversals.* replace (
            -reversals.total_charge as total_charge,
            -reversals.total_paid as total_paid,
            -reversals.patient_responsibility as patient_responsibility
        ),
        true as is_reversed,
        reversals.recorded_at as reversed_at,
        reversals.own_record_ids as source_record_ids
    from reversals
    anti join standing
        on
            reversals.source_system = standing.source_system
            and reversals.payer_key = standing.payer_key
            and reversals.decided_claim_number = standing.decided_claim_number
            and abs(reversals.total_charge) = abs(standing.total_charge)
            and abs(reversals.total_paid) = abs(standing.total_paid)
            and reversals.pair_number = standing.pair_number
),

all_decisions as (
    select * from standing
    union all by name
    select * from orphaned
),

claim_adjustments as (
    select
        source_record_id,
        claim_index,
        sum(amount) as adjustment_total,
        sum(amount) filter (where group_code = 'PR') as patient_adjustment_total,
        sum(amount) filter (where group_code = 'CO') as contractual_adjustment_total,
        -- Contractual reductions (reason 45) are no denial.
        arg_max(reason_code, (amount, reason_code)) filter (where group_code != 'PR' and reason_code != '45') as denial_reason_code,
        {{ list_in_order(adjustment, adjustment_place, 'line_index is null') }} as adjustments
    from adjustments
    group by all
),

line_adjustments as (
    select
        source_record_id,
        claim_index,
        line_index,
        sum(amount) as adjustment_total,
        {{ list_in_order(adjustment, adjustment_place) }} as adjustments
    from adjustments
    where line_index is not null
    group by all
),

claim_lines as (
    select
        service_lines.source_record_id,
        service_lines.claim_index,
        list_sort(list(struct_pack(
            sequence := service_lines.line_number,
            control_number := service_lines.line_control_number,
            revenue_code := service_lines.revenue_code,
            code_system := {{ procedure_code_system(
                'service_lines.procedure_qualifier', 'service_lines.procedure_code', 'service_lines.source_system'
            ) }},
            code := service_lines.procedure_code,
            modifiers := service_lines.modifiers,
            quantity := service_lines.paid_units,
            service_start_date := service_lines.service_start_date,
            charge := service_lines.charge,
            allowed := service_lines.allowed_amount,
            paid := service_lines.paid,
            remark_codes := service_lines.remark_codes,
            adjustments := line_adjustments.adjustments
        ))) as lines,
        bool_and(
            coalesce(service_lines.charge - coalesce(line_adjustments.adjustment_total, 0) = service_lines.paid, true)
        ) as are_lines_balanced
    from service_lines
    left join line_adjustments
        on
            service_lines.source_record_id = line_adjustments.source_record_id
            and service_lines.claim_index = line_adjustments.claim_index
            and service_lines.line_index = line_adjustments.line_index
    group by all
)

select
    all_decisions.decision_key,
    all_decisions.source_system,
    all_decisions.feed,
    all_decisions.source_record_id,
    list_sort(list_distinct(all_decisions.source_record_ids)) as source_record_ids,
    all_decisions.received_at,
    all_decisions.recorded_at,
    all_decisions.claim_number,
    all_decisions.payee_npi,
    all_decisions.payee_id,
    all_decisions.payee_name,
    all_decisions.payer_key as id_authority,
    all_decisions.patient_member_id as member_id,
    all_decisions.patient_first_name,
    all_decisions.payer_claim_number,
    all_decisions.payer_name,
    all_decisions.payer_id as payer_identifier,
    case when all_decisions.is_reversed then 'cancelled' else 'active' end as status,
    all_decisions.is_reversed,
    all_decisions.reversed_at,
    all_decisions.claim_status_code,
    all_decisions.claim_filing_code,
    all_decisions.facility_type_code,
    all_decisions.total_charge,
    all_decisions.total_paid,
    coalesce(all_decisions.patient_responsibility, abs(claim_adjustments.patient_adjustment_total), 0)
        as patient_responsibility,
    coalesce(claim_adjustments.adjustment_total, 0) as adjustment_total,
    coalesce(claim_adjustments.contractual_adjustment_total, 0) as contractual_adjustment_total,
    -- The amounts of a claim balance: charge less adjustments is what was paid, in all and on each line
    -- (TR3 X221, 1.10.2.1).
    -- A reversal of something unseen was turned, its adjustments were not.
    all_decisions.total_paid - all_decisions.total_charge in (
        -coalesce(claim_adjustments.adjustment_total, 0),
        case when all_decisions.is_reversed then 1 else -1 end * coalesce(claim_adjustments.adjustment_total, 0)
    )
    and coalesce(claim_lines.are_lines_balanced, true) as is_balanced,
    case
        when all_decisions.claim_status_code = '4' or (all_decisions.total_paid = 0 and all_decisions.total_charge != 0)
            then claim_adjustments.denial_reason_code
    end as denial_reason_code,
    all_decisions.remark_codes,
    coalesce(all_decisions.payment_date, all_decisions.production_date) as payment_date,
    all_decisions.payment_trace_number,
    all_decisions.service_start_date,
    all_decisions.service_end_date,
    claim_adjustments.adjustments,
    claim_lines.lines
from all_decisions
left join claim_adjustments
    on
        all_decisions.source_record_id = claim_adjustments.source_record_id
        and all_decisions.claim_index = claim_adjustments.claim_index
left join claim_lines
    on
        all_decisions.source_record_id = claim_lines.source_record_id
        and all_decisions.claim_index = claim_lines.claim_index
