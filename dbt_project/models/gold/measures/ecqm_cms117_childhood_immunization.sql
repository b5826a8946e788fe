-- noqa: disable=LT02
{# How many days of vaccination each vaccine needs, when, and what stands for it. Hib, hepatitis B, rotavirus and
    influenza have rules of their own below. -#}
{%- set vaccines = {
    'dtap': {'from': 42, 'days': 4, 'instead': ['anaphylactic_reaction_to_dtap_vaccine', 'encephalitis_due_to_dtap_vaccine']},
    'polio': {'from': 42, 'days': 3, 'instead': ['anaphylaxis_polio_vaccine']},
    'mmr': {'from': 365, 'days': 1, 'instead': ['anaphylaxis_mmr_vaccine']},
    'hib_3': {'from': 42, 'instead': ['anaphylaxis_hib_vaccine']},
    'hib_4': {'from': 42},
    'hepatitis_b': {'from': 0, 'days': 3, 'instead': ['anaphylaxis_hepatitis_b_vaccine', 'hepatitis_b']},
    'varicella': {'from': 365, 'days': 1, 'instead': ['varicella_zoster', 'anaphylaxis_varicella_vaccine']},
    'pneumococcal': {'from': 42, 'days': 4, 'instead': ['anaphylaxis_pneumococcal_vaccine']},
    'hepatitis_a': {'from': 365, 'days': 1, 'instead': ['hepatitis_a', 'anaphylaxis_hepatitis_a_vaccine']},
    'rotavirus_2': {'from': 42, 'instead': ['anaphylaxis_rotavirus_vaccine']},
    'rotavirus_3': {'from': 42},
    'influenza': {'from': 180, 'days': 2, 'instead': ['anaphylaxis_influenza_vaccine']},
    'laiv': {'from': 730},
} -%}
-- CMS117 v14: children who turn 2 in the period, with every vaccination of the first two years (combination 10).
with patients as (
    select
        *,
        cast(birth_date + interval 1 year as date) as first_birthday,
        cast(birth_date + interval 2 year as date) as second_birthday
    from {{ ref('int_measure_patients') }}
    where age_at_end = 2
),

visits as (
    {{ visits_in_period([
        'office_visit', 'home_healthcare_services', 'preventive_visit_established_child', 'preventive_visit_initial_child',
        'brief_office_visit', 'virtual_encounter', 'telephone_visits',
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

conditions as (
    select conditions.*
    from {{ ref('int_measure_conditions') }} as conditions
    inner join patients on conditions.patient_id = patients.patient_id
    where
        conditions.is_verified
        and (conditions.is_encounter or conditions.is_problem)
        and conditions.start_date between patients.birth_date and patients.second_birthday
),

exclusions as (
    {{ exclusions_of(['hospice']) }}
    union all
    select {{ as_evidence('condition', 'a disease that speaks against vaccination', 'start_date') }}
    from conditions
    where
        value_set in (
            'severe_combined_immunodeficiency', 'disorders_of_the_immune_system', 'hiv', 'lymphatic_or_blood_cancer',
            'intussusception'
        )
),

given as (
    select
        value_set,
        patient_id,
        'Immunization' as resource_type,
        immunization_id as resource_id,
        occurrence_date as event_date
    from {{ ref('int_measure_immunizations') }}
    where status = 'completed'
    union all
    select
        value_set,
        patient_id,
        'Procedure' as resource_type,
        procedure_id as resource_id,
        {{ earliest_day('start_date', 'end_date') }} as event_date
    from {{ ref('int_measure_procedures') }}
    where status = 'completed'
),

-- The vaccine of each value set; an immunization by what was given, a procedure by what was done.
named as (
    select
        given.*,
        vaccines.vaccine
    from given
    inner join {{ ref('vaccine_value_sets') }} as vaccines
        on given.value_set = vaccines.value_set and given.resource_type = vaccines.resource_type
),

timely as (
    select named.*
    from named
    inner join patients on named.patient_id = patients.patient_id
    where
        named.event_date <= patients.second_birthday
        and named.event_date >= case named.vaccine
            {%- for vaccine, rule in vaccines.items() %}
            when '{{ vaccine }}' then
                {%- if rule.from == 365 %} patients.first_birthday
                {%- elif rule.from == 730 %} patients.second_birthday
                {%- else %} patients.birth_date + interval {{ rule.from }} day
                {%- endif %}
            {%- endfor %}
        end
),

days as (
    select
        patient_id,
        vaccine,
        count(distinct event_date) as day_count,
        list(distinct event_date) as vaccination_days
    from timely
    group by patient_id, vaccine
),

newborn_doses as (
    select
        given.patient_id,
        min(given.event_date) as event_date
    from given
    inner join patients on given.patient_id = patients.patient_id
    where
        given.value_set = 'vaccine_introduced_into_muscle'
        and given.resource_type = 'Procedure'
        and given.event_date between patients.birth_date and patients.birth_date + interval 7 day
    group by given.patient_id
),

-- One row per child and vaccine that is complete.
complete as (
    {%- for vaccine, rule in vaccines.items() if rule.days %}
    select
        patient_id,
        '{{ vaccine }}' as vaccine
    from days
    where vaccine = '{{ vaccine }}' and day_count >= {{ rule.days }}
    union
    {%- endfor %}
    -- Three doses, or four where a vaccine of four doses was among them; rotavirus alike with two and three.
    {%- for vaccine, fewer, more, short in [('hib', 3, 4, 'hib_3'), ('rotavirus', 2, 3, 'rotavirus_2')] %}
    select
        patient_id,
        '{{ vaccine }}' as vaccine
    from days
    where vaccine in ('{{ vaccine }}_{{ fewer }}', '{{ vaccine }}_{{ more }}')
    group by patient_id
    having
        len(list_distinct(flatten(list(vaccination_days))))
        >= case when bool_or(vaccine = '{{ vaccine }}_{{ more }}') then {{ more }} else {{ fewer }} end
    union
    {%- endfor %}
    -- Two doses after an unnamed one of the first week.
    select
        days.patient_id,
        'hepatitis_b' as vaccine
    from days
    inner join newborn_doses on days.patient_id = newborn_doses.patient_id
    where
        days.vaccine = 'hepatitis_b'
        and len(list_filter(days.vaccination_days, lambda day: day > newborn_doses.event_date)) >= 2
    union
    -- One dose, and a live one on the second birthday.
    select
        days.patient_id,
        'influenza' as vaccine
    from days
    where days.vaccine = 'influenza' and days.patient_id in (
        select live.patient_id from days as live
        where live.vaccine = 'laiv'
    )
    union
    {%- for vaccine, rule in vaccines.items() if rule.instead %}
    select
        patient_id,
        '{{ {'hib_3': 'hib', 'rotavirus_2': 'rotavirus'}.get(vaccine, vaccine) }}' as vaccine
    from conditions
    where value_set in ('{{ rule.instead | join("', '") }}')
    union
    {%- endfor %}
    -- All three diseases stand for the vaccine against them; measles only where an encounter diagnosed it.
    select
        patient_id,
        'mmr' as vaccine
    from conditions
    where value_set in ('mumps', 'rubella') or (value_set = 'measles' and is_encounter)
    group by patient_id
    having count(distinct value_set) = 3
),

vaccinated as (
    select patient_id
    from complete
    group by patient_id
    having count(distinct vaccine) = 10
),

vaccinations as (
    select
        patient_id,
        'vaccinated: ' || vaccine as criterion,
        resource_type,
        resource_id,
        event_date
    from timely
),

in_numerator as (
    select
        patient_id,
        'every vaccination of the first two years' as criterion,
        null as resource_type,
        null as resource_id,
        null as event_date
    from vaccinated
),

numerator as (
    {{ evidence_for('vaccinated', ['in_numerator', 'vaccinations']) }}
),

final as (
    {{ measure_evidence('CMS117', {1: {
        'initial-population': 'initial_population', 'denominator-exclusion': 'exclusions', 'numerator': 'numerator'}}) }}
)

select * from final
