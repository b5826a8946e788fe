with procedures as not materialized (
    select * from {{ ref('procedure') }}
    where patient_id is not null
),

members as (
    {{ value_set_members('procedures', 'procedure_id') }}
),

read as (
    select
        procedures.procedure_id,
        procedures.patient_id,
        procedures.status,
        procedures.performed_at,
        from_json(procedures.fhir_json, '{
            "performedDateTime": "VARCHAR", "performedPeriod": {"start": "VARCHAR", "end": "VARCHAR"},
            "reasonCode": [{"coding": [{"system": "VARCHAR", "code": "VARCHAR"}]}]
        }') as element
    from procedures
    where procedures.procedure_id in (select members.procedure_id from members)
),

dated as (
    select
        *,
        {{ fhir_first_day('element."performedDateTime"', 'element."performedPeriod"') }} as start_date,
        {{ fhir_last_day('element."performedDateTime"', 'element."performedPeriod"') }} as end_date,
        length(coalesce(element."performedDateTime", element."performedPeriod"."start")) > 10 as is_timed
    from read
)

select
    members.value_set,
    dated.procedure_id,
    dated.patient_id,
    dated.status,
    dated.start_date,
    dated.end_date,
    dated.performed_at as start_at,
    dated.is_timed,
    coalesce(flatten(list_transform(dated.element."reasonCode", lambda one: coalesce(one.coding, []))), []) as reasons
from dated
inner join members on dated.procedure_id = members.procedure_id
where dated.start_date <= {{ as_of_date() }}
