with events as (
    {%- for part in ['care', 'clinical', 'results', 'money'] %}
        select * from {{ ref('int_timeline_' ~ part) }}
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
)

-- Nothing after the as-of day but the appointments that were booked by then.
select
    event_id,
    patient_id,
    event_at,
    event_at_precision,
    event_date,
    event_type,
    title,
    code_system,
    code,
    detail,
    is_upcoming,
    resource_type,
    resource_id,
    encounter_id,
    source_system,
    source_systems,
    source_record_id,
    {{ as_of_date() }} as as_of_date
from events
where
    patient_id is not null
    and event_date is not null
    and (event_date <= {{ as_of_date() }} or is_upcoming)
