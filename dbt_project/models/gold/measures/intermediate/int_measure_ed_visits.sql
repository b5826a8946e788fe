-- Visits to an emergency department, out of claims: one a day. The hospital's bill has revenue code 045x or 0981
-- (NUBC), the physician's has place of service 23 (CMS). One that ended in an admission is on the bill of the stay.
with claims as (
    select
        claim_id,
        patient_id,
        type,
        facility_type_code,
        service_start_date,
        lines
    from {{ ref('claim') }}
    where status = 'active' and patient_id is not null and service_start_date is not null
),

visits as (
    select
        patient_id,
        service_start_date as visit_date,
        min(claim_id) as claim_id
    from claims
    where
        service_start_date <= {{ as_of_date() }}
        and not (type = 'institutional' and coalesce(left(facility_type_code, 2) = '11', false))
        and (
            (type = 'professional' and facility_type_code = '23')
            or len(list_filter(
                lines,
                lambda line: regexp_matches(line.revenue_code, '^0?(45[0-9]|981)$') or line.place_of_service_code = '23'
            )) > 0
        )
    group by patient_id, service_start_date
)

select visits.*
from visits
anti join {{ ref('int_measure_stays') }} as stays
    on
        visits.patient_id = stays.patient_id
        and stays.start_date between visits.visit_date and visits.visit_date + 1
