-- Units that UCUM does not have by any spelling we know, and units in which an analyte is not measured.
with observations as (
    select * from {{ ref('observation') }}
    where value_quantity is not null and coalesce(original_unit, value_unit) is not null
),

units as (
    select * from {{ ref('ucum_units') }}
),

counted as (
    select
        source_system,
        value_unit,
        coalesce(original_unit, value_unit) as code,
        analyte is not null and canonical_value is null as is_unfit,
        count(*) as record_count,
        min(recorded_at) as first_seen_at,
        max(recorded_at) as last_seen_at
    from observations
    group by source_system, value_unit, coalesce(original_unit, value_unit), is_unfit
)

select
    counted.source_system,
    'observation' as resource,
    'http://unitsofmeasure.org' as code_system,
    counted.code,
    case when bool_or(units.unit is null) then 'unknown_unit' else 'unfit_unit' end as reason,
    counted.code as code_display,
    sum(counted.record_count)::bigint as record_count,
    min(counted.first_seen_at) as first_seen_at,
    max(counted.last_seen_at) as last_seen_at
from counted
left join units on {{ unit_of_measure('counted.value_unit') }} = units.unit
where units.unit is null or counted.is_unfit
group by counted.source_system, counted.code
