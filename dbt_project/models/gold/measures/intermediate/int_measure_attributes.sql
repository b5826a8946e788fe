-- By what a rate is broken down: whom a patient sees most in the period, who pays, where they live, who they are.
with patients as (
    select
        measure_patients.patient_id,
        measure_patients.sex,
        measure_patients.age_at_end,
        patients.race_code,
        patients.ethnicity_code,
        coalesce(patients.county_fips, patients.postal_code) as region
    from {{ ref('int_measure_patients') }} as measure_patients
    inner join {{ ref('patient') }} as patients on measure_patients.patient_id = patients.patient_id
),

visits as (
    select
        patient_id,
        practitioner_id,
        organization_id,
        start_at
    from {{ ref('encounter') }}
    where
        status = 'finished'
        and class_code in ('AMB', 'VR', 'HH')
        and {{ in_period(local_date('start_at', 'start_at_precision')) }}
),

providers as (
    select
        patient_id,
        practitioner_id as value
    from visits
    where practitioner_id is not null
    group by patient_id, practitioner_id
    qualify row_number() over (
        partition by patient_id order by count(*) desc, max(start_at) desc, practitioner_id asc
    ) = 1
),

practices as (
    select
        patient_id,
        organization_id as value
    from visits
    where organization_id is not null
    group by patient_id, organization_id
    qualify row_number() over (
        partition by patient_id order by count(*) desc, max(start_at) desc, organization_id asc
    ) = 1
),

payers as (
    select
        patient_id,
        payer_name as value
    from {{ ref('coverage') }}
    where
        patient_id is not null
        and payer_name is not null
        and coalesce(status, 'active') = 'active'
        and coalesce(period_start <= {{ period_end() }}, true)
        and coalesce(period_end >= {{ period_start() }}, true)
    qualify row_number() over (partition by patient_id order by period_end desc nulls first, recorded_at desc, coverage_id asc) = 1
)

select
    patient_id,
    'all' as dimension,
    'all' as value
from patients
union all
select
    patient_id,
    'sex' as dimension,
    sex as value
from patients
union all
select
    patient_id,
    'age band' as dimension,
    case
        when age_at_end < 18 then '0 to 17'
        when age_at_end < 45 then '18 to 44'
        when age_at_end < 65 then '45 to 64'
        when age_at_end < 75 then '65 to 74'
        else '75 and over'
    end as value
from patients
union all
select
    patient_id,
    'race' as dimension,
    coalesce(race_code, 'unknown') as value
from patients
union all
select
    patient_id,
    'ethnicity' as dimension,
    coalesce(ethnicity_code, 'unknown') as value
from patients
union all
select
    patient_id,
    'region' as dimension,
    coalesce(region, 'unknown') as value
from patients
union all
select
    patient_id,
    'provider' as dimension,
    value
from providers
union all
select
    patient_id,
    'practice' as dimension,
    value
from practices
union all
select
    patient_id,
    'payer' as dimension,
    value
from payers
