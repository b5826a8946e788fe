with observations as (
    select
        *,
        coalesce(effective_at, issued_at) as measured_at
    from {{ ref('observation') }}
    where
        patient_id is not null
        and code in ('8480-6', '8462-4')
        and canonical_unit = 'mm[Hg]'
        and canonical_value is not null
        and not is_implausible
        and status in ('final', 'amended', 'corrected')
        and coalesce(effective_at, issued_at) < {{ as_of_end() }}
),

-- Both numbers of one measurement: the same moment, from the same system.
readings as (
    select
        patient_id,
        measured_at,
        source_system,
        min(effective_at_precision) as measured_at_precision,
        max(canonical_value) filter (where code = '8480-6') as systolic,
        max(canonical_value) filter (where code = '8462-4') as diastolic,
        max(recorded_at) as recorded_at
    from observations
    group by patient_id, measured_at, source_system
    having systolic is not null and diastolic is not null
)

select
    patient_id,
    systolic as systolic_bp_mm_hg,
    diastolic as diastolic_bp_mm_hg,
    measured_at as bp_at,
    {{ local_date('measured_at', 'measured_at_precision') }} as bp_date,
    source_system as bp_source_system
from readings
qualify row_number() over (partition by patient_id order by measured_at desc, recorded_at desc, source_system asc) = 1
