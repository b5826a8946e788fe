-- noqa: disable=RF01, RF02, AM04, AM07
-- The linter takes a lambda's parameter and what follows `exclude` for tables' columns.
-- Every submission of an 837 claim, in the order in which it was said: the newest is the current one,
-- in whatever order the files arrived. CLM05-3 is 1 original, 7 replacement, 8 void (TR3, 2300 CLM05-3);
-- a patient control number (CLM01) is the billing provider's own.
with claims as (
    select * from {{ ref('stg_x12__837_claims') }}
    where claim_number is not null
),

remittances as (
    select * from {{ ref('stg_x12__835_claims') }}
),

-- The payer's number of a claim (CLP07), which REF*F8 of a replacement or void names.
payer_numbers as (
    select
        source_system,
        payer_claim_number,
        arg_min(claim_number, claim_number) as claim_number
    from remittances
    where payer_claim_number is not null and not is_reversal
    group by all
),

keyed as (
    select
        claims.*,
        claims.source_system || '|' || coalesce(claims.billing_npi, claims.billing_id, '') || '|' || claims.claim_number
            as claim_key,
        coalesce(claims.payer_id, 'X12:' || claims.feed) as id_authority,
        {{ x12_person_key(
            'claims.patient_member_id',
            '(claims.is_subscriber_patient or claims.patient_member_id is distinct from claims.subscriber_member_id)',
            'claims.patient_birth_date_text',
            'claims.patient_first_name'
        ) }} as id_value,
        coalesce(claims.message_at, claims.received_at) as recorded_at,
        {{ record_order('claims', 'claim_index') }} as record_order,
        -- Of two said at one time, a void outranks a replacement, which outranks an original.
        case left(claims.frequency_code, 1) when '8' then 3 when '7' then 2 else 1 end as frequency_rank,
        -- What REF*F8 names: the payer's number, or (against the guide) the provider's own.
        case
            when claims.frequency_code in ('7', '8') and claims.original_reference is not null
                then coalesce(payer_numbers.claim_number, claims.original_reference)
        end as replaced_claim_number
    from claims
    left join payer_numbers
        on
            claims.source_system = payer_numbers.source_system
            and claims.original_reference = payer_numbers.payer_claim_number
)

select
    *,
    row_number() over (
        partition by claim_key
        order by {{ newest_first(between=['frequency_rank']) }}
    ) as version_rank
from keyed
