{{ config(materialized='view') }}
{#- No FHIR resource of this issue holds a balance; the account's own statement does. -#}
with statements as (
    select * from {{ ref('stg_billing__statements') }}
    where statement_number is not null
    -- A statement that arrived again or was corrected: the latest word.
    qualify
        row_number() over (
            partition by source_system, statement_number
            order by {{ newest_first(place=0) }}
        ) = 1
),

people as (
    select * from {{ ref('patient_xref') }}
    where id_authority = 'BILLING'
)

select
    statements.source_system,
    statements.statement_number,
    people.patient_id,
    statements.account_number,
    statements.statement_date,
    statements.service_start_date,
    statements.service_end_date,
    statements.total_charges,
    statements.insurance_paid,
    statements.adjustments,
    statements.patient_paid,
    statements.balance_due,
    statements.payer_name,
    statements.source_record_id,
    coalesce(statements.message_at, statements.received_at) as recorded_at
from statements
left join people
    on
        statements.source_system = people.source_system
        and statements.patient_number = people.id_value
