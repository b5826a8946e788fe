-- Not materialized: read twice, the second time few of its rows, with their JSON.
with observations as not materialized (
    select * from {{ ref('observation') }}
    where patient_id is not null
),

-- Millions of observations have a few hundred lists of codes: each is looked up once.
coded as (
    select
        codings,
        min(code) as code
    from observations
    group by codings
),

members as (
    {{ value_set_members('coded', 'codings') }}
),

-- Codes whose values are compared in one unit, whatever unit they came in.
compared as (
    select loinc_code from {{ ref('observation_measures') }}
),

read as (
    select
        observations.observation_id,
        observations.patient_id,
        observations.encounter_id,
        observations.status,
        observations.effective_at,
        observations.issued_at,
        observations.code,
        observations.codings,
        observations.value_quantity,
        -- A component is a row beside its panel, whose JSON holds it: its columns say what is its own.
        observations.component_code is not null as is_component,
        observations.category,
        observations.value_type,
        observations.value_unit,
        {{ local_date('observations.effective_at', 'observations.effective_at_precision') }} as effective_date,
        observations.canonical_value,
        observations.canonical_unit,
        json_keys(observations.fhir_json) as names,
        from_json(observations.fhir_json, '{
            "category": [{"coding": [{"code": "VARCHAR"}]}],
            "effectiveDateTime": "VARCHAR", "effectiveInstant": "VARCHAR",
            "effectivePeriod": {"start": "VARCHAR", "end": "VARCHAR"},
            "valueQuantity": {"value": "DOUBLE", "unit": "VARCHAR", "code": "VARCHAR"},
            "valueInteger": "DOUBLE",
            "valueCodeableConcept": {"coding": [{"system": "VARCHAR", "code": "VARCHAR"}]},
            "extension": [{"url": "VARCHAR",
                           "valueCodeableConcept": {"coding": [{"system": "VARCHAR", "code": "VARCHAR"}]}}]
        }') as element
    from observations
    where
        -- Bounds what is read with its JSON; the join with `members` decides.
        observations.code in (
            select coded.code
            from coded
            where coded.codings in (select members.codings from members)
        )
        -- Nobody is in or out of a measure by a value that no living person can have.
        and not observations.is_implausible
),

dated as (
    select
        *,
        case
            when is_component then effective_date
            else {{ fhir_first_day('coalesce(element."effectiveDateTime", element."effectiveInstant")', 'element."effectivePeriod"') }}
        end as start_date,
        case
            when is_component then effective_date
            else {{ fhir_last_day('coalesce(element."effectiveDateTime", element."effectiveInstant")', 'element."effectivePeriod"') }}
        end as end_date
    from read
)

select
    members.value_set,
    dated.observation_id,
    dated.patient_id,
    dated.encounter_id,
    dated.status,
    dated.status in ('final', 'amended', 'corrected') as is_final,
    coalesce(
        flatten(list_transform(dated.element.category, lambda one: list_transform(one.coding, lambda two: two.code))),
        list_filter([dated.category], lambda one: one is not null)
    ) as categories,
    dated.start_date,
    dated.end_date,
    {{ latest_day('dated.start_date', 'dated.end_date') }} as latest_date,
    dated.effective_at as start_at,
    {{ local_date('dated.issued_at') }} as issued_date,
    dated.is_component and dated.value_type != 'none' or coalesce(list_has_any(dated.names, [
        'valueQuantity', 'valueCodeableConcept', 'valueString', 'valueBoolean', 'valueInteger', 'valueRange', 'valueRatio',
        'valueSampledData', 'valueTime', 'valueDateTime', 'valuePeriod',
    ]), false) as has_value,
    coalesce(dated.element."valueQuantity" is not null or dated.is_component and dated.value_type = 'Quantity', false) as is_quantity,
    case
        when compared.loinc_code is not null and dated.canonical_value is not null then dated.canonical_value
        else coalesce(dated.value_quantity, dated.element."valueInteger")
    end as value_number,
    case
        when compared.loinc_code is not null and dated.canonical_value is not null then dated.canonical_unit
        else coalesce(dated.element."valueQuantity".code, dated.element."valueQuantity".unit, dated.value_unit)
    end as value_unit,
    coalesce(dated.element."valueCodeableConcept".coding, []) as value_codings,
    -- Why it was not done, of an observation that was cancelled.
    coalesce(list_filter(dated.element.extension, lambda one: one.url like '%notDoneReason')[1]."valueCodeableConcept".coding, [])
        as not_done_reasons
from dated
inner join members on dated.codings = members.codings
left join compared on dated.code = compared.loinc_code
where coalesce(dated.start_date, {{ local_date('dated.issued_at') }}) <= {{ as_of_date() }}
