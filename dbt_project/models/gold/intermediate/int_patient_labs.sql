with results as (
    select
        *,
        coalesce(effective_at, issued_at) as measured_at
    from {{ ref('observation') }}
    where
        patient_id is not null
        and category = 'laboratory'
        and status in ('final', 'amended', 'corrected')
        and coalesce(effective_at, issued_at) < {{ as_of_end() }}
        and (value_quantity is not null or value_text is not null or value_code is not null)
),

latest as (
    select *
    from results
    -- The same tie-break as int_latest_measures.
    qualify
        row_number() over (
            partition by patient_id, code_system, code
            order by
                measured_at desc, issued_at desc nulls last, recorded_at desc nulls last, observation_id asc
        ) = 1
)

select
    patient_id,
    list({
        'code_system': code_system,
        'code': code,
        'display': code_display,
        'value': value_quantity,
        'comparator': value_comparator,
        'unit': value_unit,
        'value_text': coalesce(value_text, value_code_display, value_code),
        'interpretation': interpretation,
        'is_implausible': is_implausible,
        'measured_at': measured_at,
        'source_system': source_system
    } order by code_display, code, code_system) as latest_labs,
    max(measured_at) as last_lab_at,
    list_sort(list(distinct source_system)) as source_systems
from latest
group by patient_id
