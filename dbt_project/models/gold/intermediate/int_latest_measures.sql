with observations as (
    select
        observation_id,
        patient_id,
        code,
        value_quantity,
        value_unit,
        analyte,
        canonical_value,
        canonical_unit,
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
        -- What no living person can have is a slip of the pen or of a device, not a measurement.
        and not is_implausible
        and status in ('final', 'amended', 'corrected')
),

measures as (
    select * from {{ ref('observation_measures') }}
),

analytes as (
    select * from {{ ref('analytes') }}
)

select
    observations.patient_id,
    measures.measure,
    observations.observation_id,
    -- What was converted is told as precisely as the analyte is reported.
    case
        when observations.value_unit = measures.unit then observations.value_quantity
        else round(observations.canonical_value, analytes.decimals)
    end as value_quantity,
    observations.value_comparator,
    measures.unit,
    observations.measured_at,
    {{ local_date('observations.measured_at', 'observations.measured_at_precision') }} as measured_date,
    observations.source_system
from observations
inner join measures on observations.code = measures.loinc_code
left join analytes on observations.analyte = analytes.analyte
where
    -- A value in a unit that we cannot convert is never taken for one in ours.
    (observations.value_unit = measures.unit or observations.canonical_unit = measures.unit)
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
