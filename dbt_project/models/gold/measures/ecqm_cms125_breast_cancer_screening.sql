-- noqa: disable=LT02
-- CMS125 v14: women of 42 to 74 with a mammogram since 1 October two years before the period.
with patients as (
    select * from {{ ref('int_measure_patients') }}
    where age_at_end between 42 and 74 and sex = 'female'
),

visits as (
    {{ visits_in_period(adult_visits()) }}
),

eligible as (
    select patients.patient_id from patients
    intersect
    select visits.patient_id from visits
),

initial_population as (
    {{ evidence_for('eligible', ['visits']) }}
),

bilateral as (
    {{ conditions_of(
        ['history_of_bilateral_mastectomy'], 'conditions.start_date <= ' ~ period_end(), 'both breasts removed'
    ) }}
    union all
    select {{ as_evidence('procedure', 'both breasts removed', 'end_date') }}
    from {{ ref('int_measure_procedures') }}
    where value_set = 'bilateral_mastectomy' and status = 'completed' and end_date <= {{ period_end() }}
),
{% for side in ['right', 'left'] %}
{{ side }}_breast as (
    {{ conditions_of(
        ['status_post_' ~ side ~ '_mastectomy'], 'conditions.start_date <= ' ~ period_end(), side ~ ' breast removed'
    ) }}
    union all
    {{ conditions_of(
        ['unilateral_mastectomy_unspecified'],
        'conditions.is_' ~ side ~ ' and conditions.start_date <= ' ~ period_end(), side ~ ' breast removed'
    ) }}
    union all
    select {{ as_evidence('procedure', side ~ ' breast removed', 'end_date') }}
    from {{ ref('int_measure_procedures') }}
    where value_set = 'unilateral_mastectomy_{{ side }}' and status = 'completed' and end_date <= {{ period_end() }}
),
{% endfor %}
both_sides as (
    select right_breast.patient_id from right_breast
    intersect
    select left_breast.patient_id from left_breast
),

exclusions as (
    {{ exclusions_of([
        'hospice', 'palliative', 'nursing home from 66', 'frailty and advanced illness from 66',
        'frailty and advanced illness from 81',
    ]) }}
    union all
    select * from bilateral
    union all
    {{ evidence_for('both_sides', ['right_breast', 'left_breast']) }}
),

numerator as (
    select {{ as_evidence('observation', 'mammogram', 'end_date') }}
    from {{ ref('int_measure_observations') }}
    where
        value_set = 'mammography'
        and is_final
        and list_contains(categories, 'imaging')
        and end_date between {{ period_start(years=-2, months=9) }} and {{ period_end() }}
),

final as (
    {{ measure_evidence('CMS125', {1: {
        'initial-population': 'initial_population', 'denominator-exclusion': 'exclusions', 'numerator': 'numerator'}}) }}
)

select * from final
