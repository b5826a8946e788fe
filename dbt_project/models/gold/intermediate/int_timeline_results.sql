{{ config(materialized='view') }}

with observations as (
    select
        *,
        coalesce(effective_at, issued_at) as measured_at,
        case when effective_at is not null then effective_at_precision end as measured_at_precision,
        case category
            when 'laboratory' then 'lab_result'
            when 'vital-signs' then 'vital_sign'
            when 'survey' then 'survey_answer'
            when 'social-history' then 'social_history'
            when 'activity' then 'activity'
            else 'observation'
        end as kind,
        -- %.10g: as many digits as were measured, no trailing zeros.
        coalesce(
            concat_ws(
                ' ',
                coalesce(value_comparator, '') || printf('%.10g', value_quantity), nullif(value_unit, '1'),
                '(' || interpretation || ')'
            ),
            ''
        ) as quantity_text
    from {{ ref('observation') }}
    where status in ('final', 'amended', 'corrected')
),

reports as (
    select
        *,
        coalesce(effective_at, issued_at) as reported_at,
        case when effective_at is not null then effective_at_precision end as reported_at_precision
    from {{ ref('diagnostic_report') }}
    where status in ('final', 'amended', 'corrected', 'appended')
)

select
    {{ timeline_event(
        'kind', 'Observation', 'observation_id', title='coalesce(code_display, code)',
        moment='measured_at', precision='measured_at_precision',
        code_system='code_system', code='code',
        detail="case when value_quantity is not null then quantity_text else coalesce(value_code_display, value_text, value_code) end",
        encounter_id='encounter_id'
    ) }}
from observations
union all
select
    {{ timeline_event(
        "'report'", 'DiagnosticReport', 'diagnostic_report_id', title='coalesce(code_display, code)',
        moment='reported_at', precision='reported_at_precision',
        code_system='code_system', code='code', detail='status', encounter_id='encounter_id'
    ) }}
from reports
