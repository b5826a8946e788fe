with immunizations as not materialized (
    select * from {{ ref('immunization') }}
    where patient_id is not null
),

members as (
    {{ value_set_members('immunizations', 'immunization_id') }}
)

select
    members.value_set,
    immunizations.immunization_id,
    immunizations.patient_id,
    immunizations.status,
    coalesce(
        {{ local_date('immunizations.occurrence_at', 'immunizations.occurrence_at_precision') }}, immunizations.occurrence_date
    ) as occurrence_date
from immunizations
inner join members on immunizations.immunization_id = members.immunization_id
where coalesce(
    {{ local_date('immunizations.occurrence_at', 'immunizations.occurrence_at_precision') }}, immunizations.occurrence_date
) <= {{ as_of_date() }}
