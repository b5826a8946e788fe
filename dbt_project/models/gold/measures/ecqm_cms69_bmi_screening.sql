-- noqa: disable=LT02
-- CMS69 v14: adults whose body mass index was measured, and followed up where it is not between 18.5 and 25.
with patients as (
    select * from {{ ref('int_measure_patients') }}
),

office_visits as (
    {{ visits_in_period(['encounter_to_evaluate_bmi']) }}
),

-- Not virtual.
visits as (
    select * from office_visits
    where class_code is distinct from 'VR'
),

eligible as (
    select distinct visits.patient_id
    from visits
    inner join patients on visits.patient_id = patients.patient_id
    where {{ age_in_years('patients.birth_date', 'visits.start_date') }} >= 18
),

initial_population as (
    {{ evidence_for('eligible', ['visits']) }}
),

exclusions as (
    {{ exclusions_of(['hospice', 'palliative']) }}
    union all
    {{ conditions_of(
        ['pregnancy_related'], overlaps_period('conditions.start_date', 'conditions.end_date'), 'pregnancy', verified=false
    ) }}
    union all
    select {{ as_evidence('observation', 'pregnancy', 'start_date') }}
    from {{ ref('int_measure_observations') }}
    where
        value_set = 'pregnancy_status'
        and is_final
        and {{ overlaps_period('start_date', 'end_date') }}
        and {{ any_in_value_set('value_codings', ['pregnancy_related']) }}
),

body_mass as (
    select
        *,
        case when value_number < 18.5 then 'low' when value_number < 25 then 'normal' else 'high' end as band
    from {{ ref('int_measure_observations') }}
    where
        value_set = 'body_mass_index'
        and is_final
        and value_number > 0
        and value_unit = 'kg/m2'
        and {{ in_period('start_date', 'end_date') }}
),

diagnoses as (
    select * from {{ ref('int_measure_conditions') }}
    where value_set in ('overweight_or_obese', 'underweight') and (is_encounter or is_problem)
),

ordered as (
    select
        orders.*,
        case
            when orders.value_set in ('follow_up_for_above_normal_bmi', 'medications_for_above_normal_bmi') then ['high']
            when orders.value_set in ('follow_up_for_below_normal_bmi', 'medications_for_below_normal_bmi') then ['low']
            when orders.value_set = 'referral_for_weight' then ['high', 'low']
        end as bands
    from {{ ref('int_measure_orders') }} as orders
    where
        orders.resource_type = case
            when orders.value_set in ('medications_for_above_normal_bmi', 'medications_for_below_normal_bmi')
                then 'MedicationRequest'
            else 'ServiceRequest'
        end
),
{% for band, diagnosis in {'high': 'overweight_or_obese', 'low': 'underweight'}.items() %}
{{ band }}_follow_up as (
    select {{ as_evidence('order', 'follow-up of a ' ~ band ~ ' body mass index', 'authored_date') }}
    from ordered
    where
        list_contains(bands, '{{ band }}')
        and not is_prohibited
        and {{ in_period('authored_date') }}
        and (
            {{ any_in_value_set('reasons', [diagnosis]) }}
            or exists (
                select 1
                from diagnoses
                where
                    ordered.patient_id = diagnoses.patient_id
                    and diagnoses.value_set = '{{ diagnosis }}'
                    and diagnoses.start_date <= ordered.authored_date
            )
        )
    union all
    select {{ as_evidence('procedure', 'follow-up of a ' ~ band ~ ' body mass index', 'start_date') }}
    from {{ ref('int_measure_procedures') }} as performed
    where
        value_set = 'follow_up_for_{{ 'above' if band == 'high' else 'below' }}_normal_bmi'
        and {{ in_period('start_date') }}
        and status not in ('not-done', 'entered-in-error')
        and (
            ({{ any_in_value_set('reasons', [diagnosis]) }}{{ " and status = 'completed'" if band == 'low' }})
            or exists (
                select 1
                from diagnoses
                where
                    performed.patient_id = diagnoses.patient_id
                    and diagnoses.value_set = '{{ diagnosis }}'
                    and diagnoses.{{ 'is_problem' if band == 'high' else 'is_health_concern' }}
                    and diagnoses.start_date <= performed.start_date
                    and diagnoses.end_date >= performed.start_date
            )
        )
),

with_{{ band }} as (
    select patient_id from body_mass
    where band = '{{ band }}'
),
{% endfor %}
numerator as (
    select {{ as_evidence('observation', 'normal body mass index', 'start_date') }}
    from body_mass
    where
        band = 'normal'
        and patient_id not in (select with_high.patient_id from with_high)
        and patient_id not in (select with_low.patient_id from with_low)
    union all
    {{ evidence_for('with_high', ['high_follow_up']) }}
    union all
    {{ evidence_for('with_low', ['low_follow_up']) }}
),

exceptions as (
    select {{ as_evidence('observation', 'not measured for a reason', 'end_date') }}
    from {{ ref('int_measure_observations') }} as cancelled
    where
        value_set = 'body_mass_index'
        and status = 'cancelled'
        and {{ any_in_value_set('not_done_reasons', ['patient_declined', 'medical_reason']) }}
        and exists (
            select 1
            from visits
            where cancelled.patient_id = visits.patient_id and cancelled.end_date = visits.start_date
        )
    union all
    select {{ as_evidence('order', 'no follow-up for a medical reason', 'authored_date') }}
    from ordered
    where
        is_prohibited
        and status = 'completed'
        and bands is not null
        and {{ any_in_value_set(
            "case when resource_type = 'MedicationRequest' then reasons else prohibition_reasons end", ['medical_reason']
        ) }}
        and exists (
            select 1
            from visits
            where ordered.patient_id = visits.patient_id and ordered.authored_date = visits.start_date
        )
),

final as (
    {{ measure_evidence('CMS69', {1: {
        'initial-population': 'initial_population', 'denominator-exclusion': 'exclusions',
        'denominator-exception': 'exceptions', 'numerator': 'numerator'}}) }}
)

select * from final
