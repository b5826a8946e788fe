with encounters as (
    select
        *,
        {{ local_date('start_at', 'start_at_precision') }} as visit_date,
        -- How the visit is counted: HL7 v3 ActCode class codes into four kinds.
        case
            when class_code in ('IMP', 'ACUTE', 'NONAC') then 'inpatient'
            when class_code = 'EMER' then 'emergency'
            when class_code = 'VR' then 'virtual'
            else 'ambulatory'
        end as visit_class
    from {{ ref('encounter') }}
    where
        patient_id is not null
        and start_at < {{ as_of_end() }}
        and coalesce(status, 'unknown') not in ('cancelled', 'entered-in-error', 'planned')
),

-- What the stays before this one ended with; a stay that overlaps an earlier one (a transfer, or a
-- second record of it) is no readmission.
admissions as (
    select
        patient_id,
        visit_date,
        date_diff(
            'day',
            {{ local_date('max(end_at) over earlier_stays') }},
            visit_date
        ) as days_since_discharge,
        start_at >= max(end_at) over earlier_stays as is_after_discharge
    from encounters
    where visit_class = 'inpatient'
    window earlier_stays as (
        partition by patient_id
        order by start_at, encounter_id
        rows between unbounded preceding and 1 preceding
    )
),

readmissions as (
    select
        patient_id,
        count(*) as readmission_30d_count_12m
    from admissions
    where
        is_after_discharge
        and days_since_discharge <= 30
        and {{ in_look_back('visit_date', 12) }}
    group by patient_id
),

visits as (
    select
        patient_id,
        {%- for visit_class in ['ambulatory', 'virtual', 'emergency', 'inpatient'] %}
            count(*) filter (where visit_class = '{{ visit_class }}' and {{ in_look_back('visit_date', 12) }})
                as {{ visit_class }}_visit_count_12m,
        {%- endfor %}
        max(visit_date) as last_visit_date,
        arg_max(visit_class, struct_pack(at := start_at, id := encounter_id)) as last_visit_class,
        arg_max(source_system, struct_pack(at := start_at, id := encounter_id)) as last_visit_source_system,
        max(visit_date) filter (where visit_class = 'emergency') as last_emergency_visit_date,
        max(visit_date) filter (where visit_class = 'inpatient') as last_admission_date,
        max({{ local_date('end_at', 'end_at_precision') }})
        filter (where visit_class = 'inpatient' and end_at < {{ as_of_end() }}) as last_discharge_date,
        -- An open end counts as a stay for a year; older ones are discharges that nobody sent.
        bool_or(
            visit_class = 'inpatient'
            and coalesce(end_at >= {{ as_of_end() }}, {{ in_look_back('visit_date', 12) }})
        ) as is_inpatient,
        list_sort(list_distinct(flatten(list(source_systems)))) as source_systems
    from encounters
    group by patient_id
)

select
    visits.*,
    coalesce(readmissions.readmission_30d_count_12m, 0) as readmission_30d_count_12m
from visits
left join readmissions on visits.patient_id = readmissions.patient_id
