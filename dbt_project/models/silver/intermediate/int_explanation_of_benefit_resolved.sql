-- noqa: disable=RF01, RF02, AM04, AM07
-- The linter takes a lambda's parameter and what follows `exclude` for tables' columns.
-- Every payment decision of any source with the claim, patient, payer and provider that it belongs to.
with x12_decisions as (
    select * from {{ ref('int_explanation_of_benefit__x12') }}
),

fhir_decisions as (
    select * from {{ ref('int_explanation_of_benefit__fhir') }}
),

claims as (
    select * from {{ ref('int_claim_resolved') }}
),

patient_xref as (
    select * from {{ ref('patient_xref') }}
),

decisions as (
    select * from x12_decisions
    union all by name
    select * from fhir_decisions
),

identified as (
    select
        *,
        {{ uuid_v5('ExplanationOfBenefit', 'source_system', 'decision_key') }} as explanation_of_benefit_id
    from decisions
),

-- The claim of a number: of the payee who was paid, if several providers use the number.
claims_paid as (
    select
        identified.explanation_of_benefit_id,
        arg_min(
            claims.claim_id,
            case
                when claims.claim_key = identified.claim_key then '0'
                when
                    starts_with(
                        claims.claim_key, identified.source_system || '|' || coalesce(identified.payee_npi, '-') || '|'
                    )
                    then '1'
                when
                    starts_with(
                        claims.claim_key, identified.source_system || '|' || coalesce(identified.payee_id, '-') || '|'
                    )
                    then '2'
                else '3'
            end || claims.claim_id
        ) as claim_id
    from identified
    inner join claims
        on
            identified.source_system = claims.source_system
            and identified.claim_number = coalesce(claims.fhir_id, claims.claim_number)
    group by identified.explanation_of_benefit_id
)

select
    identified.* exclude (use, type, billing_organization_key),
    [identified.source_system] as source_systems,
    claims_paid.claim_id,
    coalesce(claims.patient_id, patient_xref.patient_id) as patient_id,
    coalesce(identified.use, claims.use, 'claim') as use,
    coalesce(
        identified.type,
        claims.type,
        -- An institution's place of service is a type of bill: two digits from 11 up to 89 with an A in CLM05-2.
        case when identified.claim_filing_code = 'MA' then 'institutional' else 'professional' end
    ) as type,
    claims.coverage_id,
    claims.encounter_id,
    claims.diagnoses,
    coalesce(
        claims.billing_organization_id,
        {{ organization_id('identified.billing_organization_key') }},
        {{ organization_id(organization_key(
            'identified.payee_npi', 'identified.source_system', 'identified.payee_id', 'identified.payee_name'
        )) }}
    ) as billing_organization_id,
    {{ organization_id(organization_key(
        'null', 'identified.source_system', 'identified.payer_identifier', 'identified.payer_name'
    )) }} as payer_organization_id
from identified
left join claims_paid on identified.explanation_of_benefit_id = claims_paid.explanation_of_benefit_id
left join claims on claims_paid.claim_id = claims.claim_id
left join patient_xref
    on
        identified.source_system = patient_xref.source_system
        and identified.id_authority = patient_xref.id_authority
        and coalesce(identified.id_value, identified.member_id) = patient_xref.id_value
