-- Stays in a hospital, out of institutional claims. Bills of one stay (interim bills, a transfer to another hospital
-- on the same or the next day) are one stay.
with visits as (
    select
        encounter_id,
        class_code
    from {{ ref('encounter') }}
),

bills as (
    select
        claims.claim_id,
        claims.patient_id,
        coalesce(claims.admission_date, claims.service_start_date) as start_date,
        coalesce(claims.service_end_date, claims.service_start_date) as end_date,
        claims.patient_status_code,
        coalesce(
            list_filter(claims.diagnoses, lambda one: one."type" = 'principal')[1].code,
            claims.diagnoses[1].code
        ) as principal_diagnosis
    from {{ ref('claim') }} as claims
    left join visits on claims.encounter_id = visits.encounter_id
    where
        claims.status = 'active'
        and claims.type = 'institutional'
        and claims.patient_id is not null
        -- A claim that came as FHIR has no type of bill.
        and (
            left(claims.facility_type_code, 2) = '11'
            or (claims.facility_type_code is null and visits.class_code in ('IMP', 'ACUTE', 'NONAC'))
        )
        and coalesce(claims.admission_date, claims.service_start_date) is not null
),

following as (
    select
        *,
        max(end_date) over earlier as earlier_end_date,
        arg_max(patient_status_code, end_date) over earlier as earlier_status_code
    from bills
    window
        earlier as (
            partition by patient_id order by start_date, end_date, claim_id
            rows between unbounded preceding and 1 preceding
        )
),

begun as (
    select
        *,
        -- Discharge statuses of a transfer to an inpatient facility, and of a stay that goes on (NUBC, FL 17).
        coalesce(start_date <= earlier_end_date, false)
        or coalesce(
            start_date = earlier_end_date + 1
            and earlier_status_code in ('02', '05', '30', '43', '62', '63', '65', '66', '82', '85', '88', '90', '91', '93', '94'),
            false
        ) as continues
    from following
),

numbered as (
    select
        *,
        count(*) filter (not continues) over (
            partition by patient_id order by start_date, end_date, claim_id rows unbounded preceding
        ) as stay_number
    from begun
)

select
    min_by(claim_id, [cast(start_date as varchar), claim_id]) as stay_id,
    patient_id,
    min(start_date) as start_date,
    max(end_date) as end_date,
    min_by(principal_diagnosis, [cast(start_date as varchar), claim_id]) as principal_diagnosis,
    max_by(patient_status_code, [cast(end_date as varchar), claim_id]) as patient_status_code
from numbered
where start_date <= {{ as_of_date() }}
group by patient_id, stay_number
