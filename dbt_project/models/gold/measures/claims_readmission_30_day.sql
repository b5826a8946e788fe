-- Stays of adults that end in the period, and whether an unplanned one follows within 30 days. Observed rates, without
-- adjustment for risk. A stay counts when its 30 days have passed by the as-of date.
{%- set last_day = 'least(' ~ period_end() ~ ', ' ~ as_of_date() ~ ')' %}
with stays as (
    select
        *,
        -- ICD-10-CM: pregnancy and birth (O, P, Z37, Z38), chemotherapy, radiotherapy and immunotherapy (Z51.0, Z51.1x).
        coalesce(regexp_matches({{ comparable_code('principal_diagnosis') }}, '^(O|P|Z3[78])'), false) as is_for_birth,
        coalesce(regexp_matches({{ comparable_code('principal_diagnosis') }}, '^Z51[01]'), false) as is_planned
    from {{ ref('int_measure_stays') }}
),

discharges as (
    select
        stays.*,
        stays.stay_id as episode_id,
        'Claim' as resource_type,
        stays.stay_id as resource_id,
        stays.end_date as event_date
    from stays
    inner join {{ ref('int_measure_patients') }} as patients on stays.patient_id = patients.patient_id
    where
        {{ in_period('stays.end_date') }}
        and stays.end_date + 30 <= {{ last_day }}
        and stays.end_date > stays.start_date
        and {{ age_in_years('patients.birth_date', 'stays.start_date') }} >= 18
),

initial_population as (
    select
        *,
        'discharge in the period' as criterion
    from discharges
),

exclusions as (
    select discharged.* replace ('died in the hospital' as criterion)
    from initial_population as discharged
    where discharged.patient_status_code = '20'
    union all
    select discharged.* replace ('for a pregnancy or a birth' as criterion)
    from initial_population as discharged
    where discharged.is_for_birth
    union all
    select discharged.* replace ('hospice' as criterion)
    from initial_population as discharged
    semi join {{ ref('int_measure_exclusions') }} as excluded
        on discharged.patient_id = excluded.patient_id and excluded.exclusion = 'hospice'
),

numerator as (
    select
        discharges.patient_id,
        discharges.episode_id,
        'back in hospital within 30 days' as criterion,
        'Claim' as resource_type,
        stays.stay_id as resource_id,
        stays.start_date as event_date
    from discharges
    inner join stays
        on
            discharges.patient_id = stays.patient_id
            and discharges.end_date < stays.start_date
            and discharges.end_date + 30 >= stays.start_date
    where not stays.is_planned and not stays.is_for_birth
),

final as (
    {{ measure_evidence('READM-30', {1: {
        'initial-population': 'initial_population', 'denominator-exclusion': 'exclusions', 'numerator': 'numerator'}},
        episodes=true) }}
)

select * from final
