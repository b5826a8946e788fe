with observations as (
    select
        observation_id,
        patient_id,
        code,
        value_quantity,
        value_unit,
        value_comparator,
        issued_at,
        recorded_at,
        source_system,
        coalesce(effective_at, issued_at) as measured_at,
        case when effective_at is not null then effective_at_precision end as measured_at_precision
    from {{ ref('observation') }}
    where
        patient_id is not null
        and value_quantity is not null
        and status in ('final', 'amended', 'corrected')
),

measures as (
    select * from {{ ref('observation_measures') }}
),

conversions as (
    select * from {{ ref('unit_conversions') }}
)

select
    observations.patient_id,
    measures.measure,
    observations.observation_id,
    case
        when conversions.measure is null then observations.value_quantity
        else
            round(
                observations.value_quantity * conversions.factor + conversions.offset_value, conversions.decimals
            )
    end as value_quantity,
    observations.value_comparator,
    measures.unit,
    observations.measured_at,
    {{ local_date('observations.measured_at', 'observations.measured_at_precision') }} as measured_date,
    observations.source_system
from observations
inner join measures on observations.code = measures.loinc_code
left join conversions
    on
        measures.measure = conversions.measure
        and observations.value_unit = conversions.from_unit
where
    -- A value in a unit that we cannot convert is never taken for one in ours.
    (observations.value_unit = measures.unit or conversions.measure is not null)
    and observations.measured_at < {{ as_of_end() }}
    and (not measures.is_clinical_only or observations.source_system != 'wearables')
-- Of two values of one moment the one that the laboratory released last counts, then the one that
-- was recorded last.
qualify
    row_number() over (
        partition by observations.patient_id, measures.measure
        order by
            observations.measured_at desc,
            observations.issued_at desc nulls last,
            observations.recorded_at desc nulls last,
            observations.observation_id asc
    ) = 1
