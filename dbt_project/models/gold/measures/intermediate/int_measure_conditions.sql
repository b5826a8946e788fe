-- How long a condition prevailed: from onset to abatement. One that is active and has not abated goes on; one that
-- is not has an end that nobody knows.
with conditions as not materialized (
    select * from {{ ref('condition') }}
    where patient_id is not null
),

members as (
    {{ value_set_members('conditions', 'condition_id') }}
),

patients as (
    select
        patient_id,
        birth_date
    from {{ ref('int_measure_patients') }}
),

encounters as (
    select
        encounter_id,
        start_at,
        start_at_precision
    from {{ ref('encounter') }}
),

read as (
    select
        conditions.condition_id,
        conditions.patient_id,
        conditions.encounter_id,
        conditions.clinical_status,
        conditions.verification_status,
        conditions.recorded_date,
        from_json(conditions.fhir_json, '{
            "category": [{"coding": [{"code": "VARCHAR"}]}],
            "bodySite": [{"coding": [{"system": "VARCHAR", "code": "VARCHAR"}]}],
            "onsetDateTime": "VARCHAR", "onsetPeriod": {"start": "VARCHAR", "end": "VARCHAR"},
            "onsetAge": {"value": "DOUBLE", "code": "VARCHAR"},
            "abatementDateTime": "VARCHAR", "abatementPeriod": {"start": "VARCHAR", "end": "VARCHAR"},
            "abatementAge": {"value": "DOUBLE", "code": "VARCHAR"}
        }') as element
    from conditions
    where conditions.condition_id in (select members.condition_id from members)
),

dated as (
    select
        read.*,
        flatten(list_transform(read.element.category, lambda one: list_transform(one.coding, lambda two: two.code))) as categories,
        coalesce(flatten(list_transform(read.element."bodySite", lambda one: coalesce(one.coding, []))), []) as body_sites,
        coalesce(
            {{ fhir_first_day('read.element."onsetDateTime"', 'read.element."onsetPeriod"') }},
            cast(patients.birth_date + {{ fhir_age('read.element."onsetAge"') }} as date),
            {{ local_date('encounters.start_at', 'encounters.start_at_precision') }},
            read.recorded_date,
            {{ the_beginning() }}
        ) as start_date,
        coalesce(
            {{ fhir_local_day('read.element."abatementDateTime"') }},
            -- Until a moment, which no longer belongs to it.
            case
                when length(read.element."abatementPeriod"."end") <= 10
                    then cast({{ fhir_moment('read.element."abatementPeriod"."end"') }} - interval 1 day as date)
                else {{ local_date('(' ~ fhir_moment('read.element."abatementPeriod"."end"') ~ ' - interval 1 millisecond)') }}
            end,
            cast(patients.birth_date + {{ fhir_age('read.element."abatementAge"') }} + interval 1 year - interval 1 day as date)
        ) as abatement_date
    from read
    left join patients on read.patient_id = patients.patient_id
    left join encounters on read.encounter_id = encounters.encounter_id
)

select
    members.value_set,
    dated.condition_id,
    dated.patient_id,
    list_contains(dated.categories, 'encounter-diagnosis') as is_encounter,
    list_has_any(dated.categories, ['problem-list-item', 'health-concern']) as is_problem,
    list_contains(dated.categories, 'health-concern') as is_health_concern,
    coalesce(dated.verification_status in ('confirmed', 'unconfirmed', 'provisional', 'differential'), true) as is_verified,
    dated.start_date,
    case
        when dated.abatement_date is not null then dated.abatement_date
        when dated.clinical_status in ('active', 'recurrence', 'relapse') then {{ the_end() }}
    end as end_date,
    {{ any_in_value_set('dated.body_sites', ['left']) }} as is_left,
    {{ any_in_value_set('dated.body_sites', ['right']) }} as is_right
from dated
inner join members on dated.condition_id = members.condition_id
where dated.start_date <= {{ as_of_date() }}
