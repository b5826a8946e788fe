{#- Value sets in which two orders on different days are one too many. -#}
{%- set high_risk = [
    'harmful_antihistamines', 'harmful_antiparkinsonian_agents', 'harmful_antispasmodics', 'dipyridamole_medications',
    'guanfacine_medications', 'nifedipine_medications', 'harmful_antidepressants', 'harmful_barbiturates',
    'ergoloid_mesylates', 'meprobamate_medications', 'harmful_estrogens', 'harmful_sulfonylureas',
    'desiccated_thyroid_medications', 'harmful_hypnotics', 'harmful_muscle_relaxants', 'harmful_pain_medications',
    'megestrol_medications', 'meperidine_medications'] %}
-- CMS156 v14: from the age of 65, ordered the same kind of high-risk medicine twice (group 1); antipsychotics or
-- benzodiazepines without a diagnosis that calls for them (2); either (3). Lower is better.
with patients as (
    select * from {{ ref('int_measure_patients') }}
    where age_at_end >= 65
),

visits as (
    {{ visits_in_period([
        'office_visit', 'ophthalmological_services', 'preventive_visit_established_adult', 'discharge_services_nursing_facility',
        'nursing_facility_visit', 'care_services_in_long_term_residential_facility', 'preventive_visit_initial_adult',
        'annual_wellness_visit', 'home_healthcare_services', 'telephone_visits', 'virtual_encounter', 'brief_office_visit',
    ]) }}
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
    {{ exclusions_of(['hospice', 'palliative']) }}
),

orders as (
    select
        orders.*,
        orders.quantity * strengths.strength / orders.days_supplied as daily_dose
    from {{ ref('int_measure_orders') }} as orders
    left join {{ ref('drug_strengths') }} as strengths
        on
            orders.rxcui = strengths.rxcui
            and (strengths.unit = 'mg' or (strengths.unit = 'mg/mL' and orders.quantity_unit = 'mL'))
    where orders.resource_type = 'MedicationRequest' and {{ is_order() }} and {{ in_period('orders.authored_date') }}
),

-- Digoxin and doxepin only above a daily dose.
counted as (
    select *
    from orders
    where
        case value_set
            when 'digoxin_medications' then daily_dose > 0.125
            when 'doxepin_medications' then daily_dose > 6
            else true
        end
),

-- More than one order: refills, another day, or the same day for another start.
repeated as (
    select counted.*
    from counted
    where
        counted.refills >= 1
        or exists (
            select 1
            from counted as others
            where
                counted.patient_id = others.patient_id
                and counted.value_set = others.value_set
                and (
                    counted.authored_date != others.authored_date
                    or (
                        counted.start_date != others.start_date
                        and {{ in_period('counted.start_date') }}
                        and {{ in_period('others.start_date') }}
                    )
                )
        )
),

prolonged as (
    select patient_id
    from repeated
    where value_set = 'harmful_antiinfectives'
    group by patient_id
    having sum(days_supplied) > 90
),

numerator_1 as (
    select {{ as_evidence('order', 'high-risk medicine ordered again', 'authored_date') }}
    from repeated
    where
        value_set in ('{{ high_risk | join("', '") }}')
        or value_set in ('digoxin_medications', 'doxepin_medications')
        or (value_set = 'harmful_antiinfectives' and patient_id in (select prolonged.patient_id from prolonged))
),

-- The first order of a class; a diagnosis from a year before the period until then speaks for it.
indexed as (
    select
        patient_id,
        value_set,
        min(authored_date) as index_date
    from orders
    where value_set in ('harmful_antipsychotics', 'harmful_benzodiazepines')
    group by patient_id, value_set
),

justified as (
    select distinct
        indexed.patient_id,
        indexed.value_set
    from indexed
    inner join {{ ref('int_measure_conditions') }} as conditions on indexed.patient_id = conditions.patient_id
    where
        conditions.is_verified
        and (conditions.is_encounter or conditions.is_problem)
        and conditions.start_date <= indexed.index_date
        and conditions.end_date >= {{ period_start(years=-1) }}
        and case indexed.value_set
            when 'harmful_antipsychotics' then conditions.value_set in ('schizophrenia', 'bipolar_disorder')
            else conditions.value_set in (
                'seizure_disorder', 'rem_sleep_behavior_disorder', 'benzodiazepine_withdrawal', 'alcohol_withdrawal',
                'generalized_anxiety_disorder'
            )
        end
),

numerator_2 as (
    select {{ as_evidence('order', 'antipsychotic or benzodiazepine without a reason on record', 'authored_date') }}
    from repeated
    where
        value_set in ('harmful_antipsychotics', 'harmful_benzodiazepines')
        and not exists (
            select 1
            from justified
            where repeated.patient_id = justified.patient_id and repeated.value_set = justified.value_set
        )
),

numerator_3 as (
    select * from numerator_1
    union all
    select * from numerator_2
),

final as (
    {%- set shared = {'initial-population': 'initial_population', 'denominator-exclusion': 'exclusions'} %}
    {{ measure_evidence('CMS156', {
        1: dict(shared, numerator='numerator_1'),
        2: dict(shared, numerator='numerator_2'),
        3: dict(shared, numerator='numerator_3'),
    }) }}
)

select * from final
