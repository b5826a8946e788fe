with immunizations as (
    select * from {{ ref('immunization') }}
    where
        patient_id is not null
        and status = 'completed'
        and occurrence_date <= {{ as_of_date() }}
)

select
    patient_id,
    list({
        'cvx_code': cvx_code,
        'display': cvx_display,
        'occurrence_date': occurrence_date,
        'source_systems': source_systems
    } order by occurrence_date desc, cvx_code asc, immunization_id asc) as immunizations,
    count(*) as immunization_count,
    max(occurrence_date) as last_immunization_date,
    list_sort(list_distinct(flatten(list(source_systems)))) as source_systems
from immunizations
group by patient_id
