-- noqa: disable=LT02
-- The days of wearables with what was told once of them: most observations are such, and merging is for what was told
-- more than once. Here is what each day has of its own; the rest is int_observation_day_measures', and `observation`
-- makes a row of each measure for whoever asks.
with days as (
    select * from {{ ref('stg_wearables__daily_activity') }}
    where activity_date is not null
),

repeated as materialized (
    {{ repeated_days() }}
),

told_once as (
    select
        days.source_system,
        days.source_record_id,
        days.device_user_id,
        days.activity_date,
        coalesce(days.message_at, days.received_at)::timestamp as message_at,
        days.device_model as device,
        {%- for column, (code, _, _, _) in daily_measures().items() %}
        case
            when hash(days.source_system, {{ daily_source_key("'" ~ code ~ "'") }}) not in (select repeated.key_hash from repeated)
                then days.{{ column }}::double
        end as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from days
),

final as (
    select
        told_once.*,
        patient_xref.patient_id,
        {{ device_id(device_key('told_once.source_system', 'told_once.device')) }} as device_id
    from told_once
    left join {{ ref('patient_xref') }} as patient_xref
        on
            told_once.source_system = patient_xref.source_system
            and patient_xref.id_authority = 'WEARABLE'
            and told_once.device_user_id = patient_xref.id_value
    where coalesce({{ daily_measures() | join(', ') }}) is not null
)

select * from final
