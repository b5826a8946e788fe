-- What a person does not bear: allergies and intolerances, and adverse events.
with allergies as (
    select
        allergy_intolerance_id as reaction_id,
        'AllergyIntolerance' as resource_type,
        patient_id,
        codings,
        clinical_status as status,
        recorded_date,
        from_json(fhir_json, '{"onsetDateTime": "VARCHAR", "onsetPeriod": {"start": "VARCHAR", "end": "VARCHAR"}}') as element
    from {{ ref('allergy_intolerance') }}
    where patient_id is not null
),

events as (
    select
        adverse_event_id as reaction_id,
        'AdverseEvent' as resource_type,
        patient_id,
        codings,
        from_json(fhir_json, '{"date": "VARCHAR", "recordedDate": "VARCHAR", "actuality": "VARCHAR"}') as element
    from {{ ref('adverse_event') }}
    where patient_id is not null
),

dated as (
    select
        * exclude (element, recorded_date),
        {{ fhir_first_day('element."onsetDateTime"', 'element."onsetPeriod"') }} as start_date,
        {{ fhir_last_day('element."onsetDateTime"', 'element."onsetPeriod"') }} as end_date
    from allergies
    union all by name
    select
        * exclude (element),
        element.actuality as status,
        {{ fhir_local_day('coalesce(element."date", element."recordedDate")') }} as start_date,
        {{ fhir_local_day('coalesce(element."date", element."recordedDate")') }} as end_date
    from events
),

members as (
    {{ value_set_members('dated', 'reaction_id') }}
)

select
    members.value_set,
    dated.* exclude (codings)
from dated
inner join members on dated.reaction_id = members.reaction_id
