-- noqa: disable=RF01, RF02, AM04, AM07
-- The linter takes a lambda's parameter and what follows `exclude` for tables' columns.
-- Every claim of any source with the patient, providers, coverage and visit that it belongs to.
with x12_claims as (
    select * from {{ ref('int_claim__x12') }}
),

fhir_claims as (
    select * from {{ ref('int_claim__fhir') }}
),

patient_xref as (
    select * from {{ ref('patient_xref') }}
),

coverages as (
    select * from {{ ref('coverage') }}
),

encounter_starts as (
    select distinct
        patient_id,
        encounter_id,
        start_date,
        class_code
    from {{ ref('int_encounter_versions') }}
    where not is_mention and patient_id is not null and start_date is not null
),

encounter_numbers as (
    select
        visit_namespace,
        visit_number,
        arg_min(encounter_id, encounter_id) as encounter_id
    from {{ ref('encounter') }}
    where visit_number is not null
    group by all
),

claims as (
    select * from x12_claims
    union all by name
    select * from fhir_claims
),

identified as (
    select
        claims.*,
        {{ uuid_v5('Claim', 'claims.source_system', 'claims.claim_key') }} as claim_id,
        patient_xref.patient_id,
        {{ organization_id('claims.billing_organization_key') }} as billing_organization_id,
        {{ practitioner_id('claims.rendering_practitioner_key') }} as rendering_practitioner_id,
        -- Of the visit that began on the first day of service, the one of the kind that the place of service tells.
        case
            when claims.type = 'institutional' and left(claims.facility_type_code, 2) = '11' then 'IMP'
            when claims.type = 'professional' and claims.facility_type_code = '21' then 'IMP'
            when claims.type = 'institutional' and claims.admission_type_code in ('1', '2') then 'EMER'
            when claims.type = 'professional' and claims.facility_type_code = '23' then 'EMER'
            else 'AMB'
        end as expected_class
    from claims
    left join patient_xref
        on
            claims.source_system = patient_xref.source_system
            and claims.id_authority = patient_xref.id_authority
            and claims.id_value = patient_xref.id_value
),

claim_visits as (
    select
        identified.claim_id,
        arg_min(
            encounter_starts.encounter_id,
            (encounter_starts.class_code is distinct from identified.expected_class)::integer::varchar
            || encounter_starts.encounter_id
        ) as encounter_id
    from identified
    inner join encounter_starts
        on
            identified.patient_id = encounter_starts.patient_id
            and identified.service_start_date = encounter_starts.start_date
    group by identified.claim_id
),

-- The coverage that held on the first day of service, else any of the member's.
claim_coverages as (
    select
        identified.claim_id,
        arg_min(
            coverages.coverage_id,
            case
                when
                    coalesce(coverages.period_start, date '0001-01-01') <= identified.service_start_date
                    and coalesce(coverages.period_end, date '9999-12-31') >= identified.service_start_date
                    then '0'
                else '1'
            end || coverages.coverage_id
        ) as coverage_id
    from identified
    inner join coverages
        on
            identified.source_system = coverages.source_system
            and identified.patient_id = coverages.patient_id
            and coalesce(identified.payer_identifier, '') = coalesce(coverages.payer_identifier, '')
    group by identified.claim_id
),

resolved as (
    select
        identified.* exclude (visit_namespace, visit_number),
        claim_coverages.coverage_id,
        coalesce(encounter_numbers.encounter_id, claim_visits.encounter_id) as encounter_id,
        [identified.source_system] as source_systems
    from identified
    left join claim_visits on identified.claim_id = claim_visits.claim_id
    left join claim_coverages on identified.claim_id = claim_coverages.claim_id
    left join encounter_numbers
        on
            identified.visit_namespace = encounter_numbers.visit_namespace
            and identified.visit_number = encounter_numbers.visit_number
)

select * from resolved
