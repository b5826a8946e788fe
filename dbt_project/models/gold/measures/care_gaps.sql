-- What is open for whom: who counts for a measure and does not meet it (or meets one where less is better).
with populations as (
    select * from {{ ref('measure_populations') }}
    where in_denominator and not in_denominator_exclusion and not in_denominator_exception and episode_id is null
),

measures as (
    select * from {{ ref('measures') }}
),

gaps as (
    select * from {{ ref('measure_gaps') }}
),

gap_value_sets as (
    select
        measure_id,
        group_number,
        unnest(string_split(value_sets, ' ')) as value_set
    from gaps
    where value_sets is not null
),

events as (
    select
        patient_id,
        value_set,
        latest_date as event_date
    from {{ ref('int_measure_observations') }}
    where is_final
    union all
    select
        patient_id,
        value_set,
        start_date as event_date
    from {{ ref('int_measure_procedures') }}
    where status = 'completed'
    union all
    select
        patient_id,
        value_set,
        occurrence_date as event_date
    from {{ ref('int_measure_immunizations') }}
    where status = 'completed'
    union all
    select
        patient_id,
        value_set,
        authored_date as event_date
    from {{ ref('int_measure_orders') }}
    where {{ is_order() }}
),

last_done as (
    select
        gap_value_sets.measure_id,
        gap_value_sets.group_number,
        events.patient_id,
        max(events.event_date) as event_date
    from events
    inner join gap_value_sets on events.value_set = gap_value_sets.value_set
    group by gap_value_sets.measure_id, gap_value_sets.group_number, events.patient_id
),

final as (
    select
        populations.patient_id,
        populations.measure_id,
        populations.group_number,
        gaps.gap,
        gaps.closes_it,
        last_done.event_date as last_done_date,
        populations.period_start_date as open_since_date,
        populations.period_end_date as due_date,
        {{ as_of_date() }} as as_of_date,
        date_diff('day', {{ as_of_date() }}, populations.period_end_date) as days_left
    from populations
    inner join measures on populations.measure_id = measures.measure_id
    inner join gaps on populations.measure_id = gaps.measure_id and populations.group_number = gaps.group_number
    left join last_done
        on
            populations.measure_id = last_done.measure_id
            and populations.group_number = last_done.group_number
            and populations.patient_id = last_done.patient_id
    where populations.in_numerator = (measures.improvement = 'lower')
)

select * from final
