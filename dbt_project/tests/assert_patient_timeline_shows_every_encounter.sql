-- Every visit of a known patient that took place by the as-of date is an event, once.
with encounters as (
    select encounter_id as resource_id
    from {{ ref('encounter') }}
    where
        patient_id is not null
        and {{ local_date('start_at', 'start_at_precision') }} <= {{ as_of_date() }}
        and coalesce(status, 'unknown') not in ('cancelled', 'entered-in-error', 'planned')
),

events as (
    select resource_id
    from {{ ref('patient_timeline') }}
    where resource_type = 'Encounter' and event_type != 'discharge'
),

missing as (
    select resource_id from encounters
    except all
    select resource_id from events
),

surplus as (
    select resource_id from events
    except all
    select resource_id from encounters
)

select resource_id from missing
union all
select resource_id from surplus
