with charges as (
    select
        patient_id,
        sum(amount) as charged_12m_usd,
        list(source_systems) as source_systems
    from {{ ref('charge_item') }}
    where
        patient_id is not null
        and coalesce(status, 'billable') not in ('entered-in-error', 'aborted', 'not-billable')
        and {{ in_look_back('occurrence_date', 12) }}
    group by patient_id
),

claims as (
    select
        claim_id,
        patient_id,
        total_charge,
        source_systems,
        service_start_date
    from {{ ref('claim') }}
    where
        patient_id is not null
        and coalesce(status, 'active') = 'active'
),

claimed as (
    select
        patient_id,
        count(*) as claim_count_12m,
        sum(total_charge) as claimed_12m_usd,
        list(source_systems) as source_systems
    from claims
    where {{ in_look_back('service_start_date', 12) }}
    group by patient_id
),

-- A payment belongs to the time of the service, so that it meets its charge; without a claim to tell
-- the time of service, to the day of payment.
payments as (
    select
        benefits.patient_id,
        sum(benefits.total_paid) as paid_12m_usd,
        sum(benefits.patient_responsibility) as patient_responsibility_12m_usd,
        list(benefits.source_systems) as source_systems
    from {{ ref('explanation_of_benefit') }} as benefits
    left join claims on benefits.claim_id = claims.claim_id
    where
        benefits.patient_id is not null
        and coalesce(benefits.status, 'active') = 'active'
        and benefits.payment_date <= {{ as_of_date() }}
        and {{ in_look_back('coalesce(claims.service_start_date, benefits.payment_date)', 12) }}
    group by benefits.patient_id
),

-- What the patient owes: the latest statement of each account.
last_statements as (
    select *
    from {{ ref('int_account_statement') }}
    where patient_id is not null and statement_date <= {{ as_of_date() }}
    qualify
        row_number() over (
            partition by source_system, account_number
            order by statement_date desc, recorded_at desc, statement_number desc
        ) = 1
),

balances as (
    select
        patient_id,
        sum(balance_due) as balance_usd,
        max(statement_date) as last_statement_date,
        list([source_system]) as source_systems
    from last_statements
    group by patient_id
),

patients as (
    select patient_id from charges
    union
    select patient_id from claimed
    union
    select patient_id from payments
    union
    select patient_id from balances
)

select
    patients.patient_id,
    charges.charged_12m_usd,
    claimed.claim_count_12m,
    claimed.claimed_12m_usd,
    payments.paid_12m_usd,
    payments.patient_responsibility_12m_usd,
    balances.balance_usd,
    balances.last_statement_date,
    list_sort(list_distinct(flatten(flatten([
        coalesce(charges.source_systems, []), coalesce(claimed.source_systems, []),
        coalesce(payments.source_systems, []), coalesce(balances.source_systems, [])
    ])))) as source_systems
from patients
left join charges on patients.patient_id = charges.patient_id
left join claimed on patients.patient_id = claimed.patient_id
left join payments on patients.patient_id = payments.patient_id
left join balances on patients.patient_id = balances.patient_id
