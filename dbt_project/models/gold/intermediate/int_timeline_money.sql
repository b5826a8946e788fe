{{ config(materialized='view') }}

with claims as (
    select * from {{ ref('claim') }}
    where coalesce(status, 'active') = 'active'
),

benefits as (
    select * from {{ ref('explanation_of_benefit') }}
    where coalesce(status, 'active') = 'active'
),

charges as (
    select * from {{ ref('charge_item') }}
    where coalesce(status, 'billable') not in ('entered-in-error', 'aborted', 'not-billable')
),

coverages as (
    select * from {{ ref('coverage') }}
    where coalesce(status, 'active') not in ('entered-in-error', 'draft')
)

select
    {{ timeline_event(
        "'claim'", 'Claim', 'claim_id', title="concat_ws(' ', 'Claim to', payer_name)", day='service_start_date',
        detail="concat_ws(' ', \"type\", total_charge)", encounter_id='encounter_id'
    ) }}
from claims
union all
select
    {{ timeline_event(
        "'payment'", 'ExplanationOfBenefit', 'explanation_of_benefit_id', title="'Payment decision'",
        day='payment_date', detail="concat_ws(' ', outcome, 'paid', total_paid)"
    ) }}
from benefits
union all
select
    {{ timeline_event(
        "'charge'", 'ChargeItem', 'charge_item_id', title='coalesce(code_display, code)', day='occurrence_date',
        code_system='code_system', code='code', detail='amount', encounter_id='encounter_id'
    ) }}
from charges
union all
select
    {{ timeline_event(
        "'coverage_start'", 'Coverage', 'coverage_id', title="concat_ws(' ', 'Coverage by', payer_name, 'begins')",
        day='period_start', detail='plan'
    ) }}
from coverages
union all
select
    {{ timeline_event(
        "'coverage_end'", 'Coverage', 'coverage_id', title="concat_ws(' ', 'Coverage by', payer_name, 'ends')",
        day='period_end', detail='plan'
    ) }}
from coverages
