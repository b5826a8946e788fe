with appointments as (
    select
        *,
        {{ local_date('start_at') }} as appointment_date,
        -- Still to come as seen on the as-of date, whatever became of it later.
        start_at >= {{ as_of_end() }}
        and coalesce(booked_at < {{ as_of_end() }}, true)
        and case
            when status = 'cancelled' then coalesce(cancelled_at >= {{ as_of_end() }}, false)
            else true
        end as is_upcoming
    from {{ ref('appointment') }}
    where patient_id is not null and coalesce(status, 'booked') != 'entered-in-error'
),

practitioners as (
    select * from {{ ref('practitioner') }}
),

booked as (
    select
        appointments.*,
        nullif(concat_ws(' ', practitioners.given, practitioners.family), '') as practitioner_name
    from appointments
    left join practitioners on appointments.practitioner_id = practitioners.practitioner_id
)

select
    patient_id,
    count(*) filter (where is_upcoming) as upcoming_appointment_count,
    {{ local_date('min(start_at) filter (where is_upcoming)') }} as next_appointment_date,
    arg_min(
        {
            'appointment_number': appointment_number,
            'start_at': start_at,
            'type': type_display,
            'department': department,
            'practitioner': practitioner_name,
            'source_system': source_system
        },
        struct_pack(at := start_at, id := appointment_id)
    ) filter (where is_upcoming) as next_appointment,
    max(appointment_date) filter (where status = 'fulfilled' and start_at < {{ as_of_end() }})
        as last_kept_appointment_date,
    max(appointment_date) filter (where status = 'noshow' and start_at < {{ as_of_end() }}) as last_no_show_date,
    {%- for column, status in {'kept': 'fulfilled', 'no_show': 'noshow', 'cancelled': 'cancelled'}.items() %}
        count(*) filter (where status = '{{ status }}' and {{ in_look_back('appointment_date', 12) }})
            as {{ column }}_appointment_count_12m,
    {%- endfor %}
    list_sort(list_distinct(flatten(list(source_systems)))) as source_systems
from booked
group by patient_id
