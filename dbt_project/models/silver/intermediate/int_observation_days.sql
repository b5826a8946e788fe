-- noqa: disable=LT02
-- The measures of a wearable's day that were told once: most observations are such, and merging is for what was
-- told more than once. Here is what each has of its own; the rest is int_observation_day_measures'.
with days as (
    select * from {{ ref('stg_wearables__daily_activity') }}
),

measures as (
    select * from {{ ref('int_observation_day_measures') }}
),

owned as (
    select
        days.* replace (coalesce(days.message_at, days.received_at)::timestamp as message_at),
        patient_xref.patient_id,
        {{ device_id(device_key('days.source_system', 'days.device_model')) }} as device_id
    from days
    left join {{ ref('patient_xref') }} as patient_xref
        on
            days.source_system = patient_xref.source_system
            and patient_xref.id_authority = 'WEARABLE'
            and days.device_user_id = patient_xref.id_value
    where days.activity_date is not null
),

measured as (
    select
        owned.source_system,
        owned.source_record_id,
        owned.patient_id,
        owned.activity_date,
        owned.message_at as recorded_at,
        owned.device_model as device,
        owned.device_id,
        measures.measure,
        coalesce(measures.code, measures.code_display, '') as code,
        {{ daily_source_key('measures.loinc_code') }} as source_key,
        case measures.measure
            {%- for column in daily_measures() %}
            when '{{ column }}' then owned.{{ column }}::double
            {%- endfor %}
        end as value_quantity
    from owned
    inner join measures on owned.source_system = measures.source_system
),

final as (
    select
        {{ uuid_v5('Observation', "'key'", "concat_ws(chr(31), 'source', source_system, source_key, code)") }} as observation_id,
        patient_id,
        measure,
        activity_date,
        value_quantity,
        device,
        device_id,
        source_system,
        source_record_id,
        recorded_at
    from measured
    {{ join_repeated_days('anti', 'measured') }}
    where value_quantity is not null
)

select * from final
