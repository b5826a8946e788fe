{#- Statuses of the problem list that say a condition is over (FHIR condition-clinical). -#}
{%- set over = "('inactive', 'remission', 'resolved')" -%}

with conditions as (
    select
        *,
        coalesce(recorded_date, onset_date) as known_date
    from {{ ref('condition') }}
    where
        patient_id is not null
        and coalesce(verification_status, 'confirmed') not in ('entered-in-error', 'refuted')
),

groups as (
    select * from {{ ref('condition_groups') }}
),

known as (
    select
        conditions.patient_id,
        conditions.code_system,
        conditions.code,
        conditions.code_display,
        conditions.category,
        conditions.known_date,
        conditions.onset_date,
        conditions.abatement_date,
        conditions.clinical_status,
        conditions.recorded_at,
        conditions.source_systems,
        groups.condition_group
    from conditions
    left join groups
        on left(conditions.code, 3) = groups.icd10cm_category
    where conditions.known_date is null or conditions.known_date <= {{ as_of_date() }}
),

codes as (
    select
        patient_id,
        code,
        any_value(code_system order by known_date desc nulls last, code_system asc) as code_system,
        any_value(code_display order by known_date desc nulls last, code_display asc) as code_display,
        any_value(condition_group) as condition_group,
        min(onset_date) as onset_date,
        min(known_date) as first_recorded_date,
        max(known_date) as last_recorded_date,
        bool_or(category = 'problem-list-item') as is_on_problem_list,
        -- The problem list's latest word on this code; visits only ever say that it was there.
        arg_max(
            coalesce(clinical_status in {{ over }}, false) or coalesce(abatement_date <= {{ as_of_date() }}, false),
            struct_pack(known_date := coalesce(known_date, date '0001-01-01'), recorded_at := recorded_at)
        ) filter (where category = 'problem-list-item') as is_over,
        list_sort(list_distinct(flatten(list(source_systems)))) as source_systems
    from known
    group by patient_id, code
),

-- A diagnosis made at a visit is a lasting condition only where its group is chronic.
active as (
    select *
    from codes
    where
        not coalesce(is_over, false)
        and (is_on_problem_list or condition_group is not null)
)

select
    patient_id,
    list({
        'code_system': code_system,
        'code': code,
        'display': code_display,
        'condition_group': condition_group,
        'onset_date': onset_date,
        'first_recorded_date': first_recorded_date,
        'last_recorded_date': last_recorded_date,
        'source_systems': source_systems
    } order by condition_group nulls last, code) as conditions,
    coalesce(list_sort(list_distinct(list(condition_group) filter (where condition_group is not null))), [])
        as condition_groups,
    list_sort(list_distinct(flatten(list(source_systems)))) as source_systems
from active
group by patient_id
