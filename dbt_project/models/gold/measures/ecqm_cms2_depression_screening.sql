-- noqa: disable=LT02
{# Who is asked with which instrument: 12 to 16 adolescent, 17 either, from 18 adult. -#}
{%- set kinds = {'adolescent': 'between 12 and 17', 'adult': '>= 17'} %}
-- CMS2 v15: from the age of 12, screened for depression at a visit or within the fourteen days before, and followed
-- up where positive.
with patients as (
    select * from {{ ref('int_measure_patients') }}
    where age_at_start >= 12
),

visits as (
    {{ visits_in_period(['encounter_to_screen_for_depression', 'physical_therapy_evaluation', 'telephone_visits']) }}
),

eligible as (
    select patients.patient_id from patients
    intersect
    select visits.patient_id from visits
),

initial_population as (
    {{ evidence_for('eligible', ['visits']) }}
),

exclusions as (
    select distinct
        conditions.patient_id,
        'bipolar disorder before a visit' as criterion,
        'Condition' as resource_type,
        conditions.condition_id as resource_id,
        nullif(conditions.start_date, {{ the_beginning() }}) as event_date
    from {{ ref('int_measure_conditions') }} as conditions
    inner join visits on conditions.patient_id = visits.patient_id
    where conditions.value_set = 'bipolar_disorder' and conditions.is_problem and conditions.start_date < visits.start_date
),

-- The latest that is of a visit; it must be of the instrument of the age.
screenings as (
    select
        observations.*,
        {{ any_in_value_set('observations.value_codings', ['depression_screening_negative']) }} as is_negative,
        {{ any_in_value_set('observations.value_codings', ['depression_screening_positive']) }} as is_positive
    from {{ ref('int_measure_observations') }} as observations
    where
        observations.value_set in ('adolescent_depression_screening', 'adult_depression_screening')
        and observations.is_final
        and observations.has_value
        and exists (
            select 1
            from visits
            where
                observations.patient_id = visits.patient_id
                and observations.end_date <= visits.start_date
                and observations.start_date >= visits.start_date - interval 14 day
        )
),

latest as (
    select *
    from screenings
    qualify row_number() over (partition by patient_id, value_set order by start_at desc, observation_id desc) = 1
),

-- A visit within fourteen days after the latest screening, where that is positive.
positive_visits as (
    select
        latest.patient_id,
        latest.value_set,
        visits.start_at,
        visits.end_at,
        visits.start_date,
        visits.end_date
    from latest
    inner join visits
        on
            latest.patient_id = visits.patient_id
            and latest.start_date between visits.start_date - interval 14 day and visits.start_date
    where latest.is_positive
),
{% for kind in kinds %}
{{ kind }}_follow_up as (
    select
        follow_up.patient_id,
        'positive screening followed up' as criterion,
        'Procedure' as resource_type,
        follow_up.procedure_id as resource_id,
        follow_up.start_date as event_date
    from {{ ref('int_measure_procedures') }} as follow_up
    inner join positive_visits
        on
            follow_up.patient_id = positive_visits.patient_id
            and positive_visits.value_set = '{{ kind }}_depression_screening'
    where
        follow_up.value_set = 'follow_up_for_{{ kind }}_depression'
        and follow_up.status = 'completed'
        and case
            when follow_up.is_timed then follow_up.start_at between positive_visits.start_at and positive_visits.end_at
            else follow_up.start_date between positive_visits.start_date and positive_visits.end_date
        end
        and {{ in_period('follow_up.start_date') }}
    union all
    select
        follow_up.patient_id,
        'positive screening followed up' as criterion,
        follow_up.resource_type,
        follow_up.order_id as resource_id,
        follow_up.authored_date as event_date
    from {{ ref('int_measure_orders') }} as follow_up
    inner join positive_visits
        on
            follow_up.patient_id = positive_visits.patient_id
            and positive_visits.value_set = '{{ kind }}_depression_screening'
    where
        not follow_up.is_prohibited
        and follow_up.status in ('active', 'completed')
        and follow_up.authored_date between positive_visits.end_date and positive_visits.end_date + interval 2 day
        and {{ in_period('follow_up.authored_date') }}
        and (
            (follow_up.value_set = 'referral_for_{{ kind }}_depression' and follow_up.resource_type = 'ServiceRequest')
            or (
                follow_up.value_set = '{{ kind }}_depression_medications'
                and follow_up.resource_type = 'MedicationRequest'
                and follow_up.intent in {{ orders_intents() }}
                -- Taken beyond a visit.
                and exists (
                    select 1
                    from positive_visits as treated
                    where
                        follow_up.patient_id = treated.patient_id
                        and treated.value_set = '{{ kind }}_depression_screening'
                        and follow_up.start_date <= treated.end_date
                        and follow_up.end_date > treated.end_date
                )
            )
        )
),

{{ kind }}_negative as (
    select {{ as_evidence('observation', 'screened, negative', 'start_date') }}
    from latest
    where value_set = '{{ kind }}_depression_screening' and is_negative
),

of_{{ kind }}_age as (
    select patient_id from patients
    where age_at_start {{ kinds[kind] }}
),

{{ kind }}_not_screened as (
    select {{ as_evidence('observation', 'not screened for a reason', 'issued_date') }}
    from {{ ref('int_measure_observations') }} as cancelled
    where
        value_set = '{{ kind }}_depression_screening'
        and status = 'cancelled'
        and {{ any_in_value_set('not_done_reasons', ['depression_screening_declined', 'medical_reason']) }}
        and patient_id not in (
            select screenings.patient_id from screenings
            where screenings.value_set = '{{ kind }}_depression_screening'
        )
        and exists (
            select 1
            from visits
            where
                cancelled.patient_id = visits.patient_id
                and cancelled.issued_date between visits.start_date and visits.end_date
        )
),
{% endfor %}
numerator as (
    {{ evidence_for('of_adolescent_age', ['adolescent_negative', 'adolescent_follow_up']) }}
    union all
    {{ evidence_for('of_adult_age', ['adult_negative', 'adult_follow_up']) }}
),

exceptions as (
    select * from adolescent_not_screened
    union all
    select * from adult_not_screened
),

final as (
    {{ measure_evidence('CMS2', {1: {
        'initial-population': 'initial_population', 'denominator-exclusion': 'exclusions',
        'denominator-exception': 'exceptions', 'numerator': 'numerator'}}) }}
)

select * from final
