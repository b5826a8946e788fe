-- Visits to an emergency department that did not end in an admission, per 1,000 years of membership. A row says who was
-- a member and who had a visit; how many, and for how long, is in int_measure_exposures.
with members as (
    select * from {{ ref('int_measure_member_days') }}
),

initial_population as (
    select
        members.patient_id,
        'insured in the period' as criterion,
        'Coverage' as resource_type,
        members.coverage_id as resource_id,
        cast(null as date) as event_date
    from members
    inner join {{ ref('int_measure_patients') }} as patients on members.patient_id = patients.patient_id
),

exclusions as (
    {{ exclusions_of(['hospice']) }}
),

numerator as (
    select
        patient_id,
        'visit to an emergency department' as criterion,
        'Claim' as resource_type,
        claim_id as resource_id,
        visit_date as event_date
    from {{ ref('int_measure_ed_visits') }}
    where {{ in_period('visit_date') }}
),

final as (
    {{ measure_evidence('EDV', {1: {
        'initial-population': 'initial_population', 'denominator-exclusion': 'exclusions', 'numerator': 'numerator'}}) }}
)

select * from final
