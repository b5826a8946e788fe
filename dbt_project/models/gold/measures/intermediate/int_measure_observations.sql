{%- set kept = [
    'observation_id', 'patient_id', 'encounter_id', 'code', 'codings', 'status', 'effective_at', 'issued_at', 'canonical_value',
    'canonical_unit'] -%}

-- Not materialized: held in memory, every row would make its JSON, and few are asked for it.
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

-- Nobody is in or out of a measure by a value that no living person can have.
read as not materialized (
    select
        observations.*,
        {{ local_date('observations.effective_at', 'observations.effective_at_precision') }} as effective_date
    from observations
    where
        -- Bounds what is read; the join with `members` decides.
        observations.code in (
            select coded.code
            from coded
            where coded.codings in (select members.codings from members)
        )
        and not observations.is_implausible
),

-- Of nearly all, the columns say everything. A component is one of these: the JSON is its panel's.
told_by_columns as (
    select
        {{ kept | join(', ') }},
        list_filter([category], lambda one: one is not null) as categories,
        effective_date as start_date,
        effective_date as end_date,
        value_type != 'none'
        and coalesce(value_quantity::varchar, value_code, value_code_display, value_text, value_at::varchar) is not null as has_value,
        value_quantity is not null as is_quantity,
        value_quantity as value_number,
        case when value_quantity is not null then coalesce(value_unit, original_unit) end as value_unit,
        case
            when value_type = 'CodeableConcept' and value_code is not null
                then [struct_pack(system := value_code_system, code := value_code)]
            else []
        end as value_codings,
        [] as not_done_reasons
    from read
    where not has_further_elements
),

elements as (
    select
        *,
        json_keys(fhir_json) as names,
        from_json(fhir_json, '{
            "category": [{"coding": [{"code": "VARCHAR"}]}],
            "effectiveDateTime": "VARCHAR", "effectiveInstant": "VARCHAR",
            "effectivePeriod": {"start": "VARCHAR", "end": "VARCHAR"},
            "valueQuantity": {"value": "DOUBLE", "unit": "VARCHAR", "code": "VARCHAR"},
            "valueInteger": "DOUBLE",
            "valueCodeableConcept": {"coding": [{"system": "VARCHAR", "code": "VARCHAR"}]},
            "extension": [{"url": "VARCHAR",
                           "valueCodeableConcept": {"coding": [{"system": "VARCHAR", "code": "VARCHAR"}]}}]
        }') as element
    from read
    where has_further_elements
),

told_by_elements as (
    select
        {{ kept | join(', ') }},
        coalesce(
            flatten(list_transform(element.category, lambda one: list_transform(one.coding, lambda two: two.code))),
            list_filter([category], lambda one: one is not null)
        ) as categories,
        {{ fhir_first_day('coalesce(element."effectiveDateTime", element."effectiveInstant")', 'element."effectivePeriod"') }}
            as start_date,
        {{ fhir_last_day('coalesce(element."effectiveDateTime", element."effectiveInstant")', 'element."effectivePeriod"') }}
            as end_date,
        list_has_any(names, [
            'valueQuantity', 'valueCodeableConcept', 'valueString', 'valueBoolean', 'valueInteger', 'valueRange', 'valueRatio',
            'valueSampledData', 'valueTime', 'valueDateTime', 'valuePeriod',
        ]) as has_value,
        element."valueQuantity" is not null as is_quantity,
        coalesce(value_quantity, element."valueInteger") as value_number,
        coalesce(element."valueQuantity".code, element."valueQuantity".unit, value_unit) as value_unit,
        element."valueCodeableConcept".coding as value_codings,
        -- Why it was not done, of an observation that was cancelled.
        list_filter(element.extension, lambda one: one.url like '%notDoneReason')[1]."valueCodeableConcept".coding as not_done_reasons
    from elements
),

told as (
    select * from told_by_columns
    union all by name
    select * from told_by_elements
)

select
    members.value_set,
    told.observation_id,
    told.patient_id,
    told.encounter_id,
    told.status,
    told.status in ('final', 'amended', 'corrected') as is_final,
    told.categories,
    told.start_date,
    told.end_date,
    {{ latest_day('told.start_date', 'told.end_date') }} as latest_date,
    told.effective_at as start_at,
    {{ local_date('told.issued_at') }} as issued_date,
    coalesce(told.has_value, false) as has_value,
    coalesce(told.is_quantity, false) as is_quantity,
    case
        when compared.loinc_code is not null and told.canonical_value is not null then told.canonical_value
        else told.value_number
    end as value_number,
    case
        when compared.loinc_code is not null and told.canonical_value is not null then told.canonical_unit
        else told.value_unit
    end as value_unit,
    coalesce(told.value_codings, []) as value_codings,
    coalesce(told.not_done_reasons, []) as not_done_reasons
from told
inner join members on told.codings = members.codings
left join compared on told.code = compared.loinc_code
where coalesce(told.start_date, {{ local_date('told.issued_at') }}) <= {{ as_of_date() }}
