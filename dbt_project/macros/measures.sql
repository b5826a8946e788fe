{#
    What quality measures share: the measurement period, days and intervals as the measures count them,
    membership in value sets, and the rows that a measure ends with.

    A day is a calendar day of the reporting time zone; an interval is two days, both included. An interval
    without a beginning has been going on for ever, one that is open goes on for ever; an end that is not
    known is null, and nothing overlaps with what has an unknown end (CQL 1.5, 5.6: closed and open null
    boundaries).
#}

{# ---- the period ------------------------------------------------------------------------------ #}

{# The calendar year that is measured: `var('measure_year')`, else that of the as-of date. #}
{% macro measure_year() -%}
    {{ return((var('measure_year', '') or (var('as_of') | string)[:4]) | int) }}
{%- endmacro %}

{# First day of the period, moved by whole years and months. #}
{% macro period_start(years=0, months=0) -%}
    {%- set month = measure_year() * 12 + years * 12 + months -%}
    date '{{ '%04d-%02d-01' % (month // 12, month % 12 + 1) }}'
{%- endmacro %}

{# Last day of the period, moved by whole years. #}
{% macro period_end(years=0) -%}
    date '{{ '%04d-12-31' % (measure_year() + years) }}'
{%- endmacro %}

{# Whether a day, or the whole of an interval, lies in the period. #}
{% macro in_period(first_day, last_day=none) -%}
    ({{ first_day }} >= {{ period_start() }} and {{ last_day or first_day }} <= {{ period_end() }})
{%- endmacro %}

{# Whether an interval shares a day with the period, or with another interval. #}
{% macro overlaps_period(first_day, last_day) -%}
    ({{ first_day }} <= {{ period_end() }} and {{ last_day }} >= {{ period_start() }})
{%- endmacro %}

{% macro the_beginning() -%} date '0001-01-01' {%- endmacro %}

{% macro the_end() -%} date '9999-12-31' {%- endmacro %}


{# ---- times out of FHIR JSON ------------------------------------------------------------------ #}

{# The calendar day of a FHIR date, dateTime or instant. #}
{% macro fhir_local_day(text) -%}
    {{ local_date(fhir_moment(text), fhir_precision(text)) }}
{%- endmacro %}

{# First and last day of an element that is a moment or a period, with the words of CQL's toInterval(). #}
{% macro fhir_first_day(moment, period) -%}
    case
        when {{ moment }} is not null then {{ fhir_local_day(moment) }}
        when {{ period }} is not null then coalesce({{ fhir_local_day(period ~ '."start"') }}, {{ the_beginning() }})
    end
{%- endmacro %}

{% macro fhir_last_day(moment, period) -%}
    case
        when {{ moment }} is not null then {{ fhir_local_day(moment) }}
        when {{ period }} is not null then coalesce({{ fhir_local_day(period ~ '."end"') }}, {{ the_end() }})
    end
{%- endmacro %}

{# The last moment that is known: the end, where there is one, else the start (CQL: latest()). #}
{% macro latest_day(first_day, last_day) -%}
    case when {{ last_day }} < {{ the_end() }} then {{ last_day }} else {{ first_day }} end
{%- endmacro %}

{% macro earliest_day(first_day, last_day) -%}
    case when {{ first_day }} > {{ the_beginning() }} then {{ first_day }} else {{ last_day }} end
{%- endmacro %}


{# An age as an interval of the calendar (UCUM a, mo, wk, d). #}
{% macro fhir_age(age) -%}
    case {{ age }}.code
        when 'mo' then to_months(cast({{ age }}.value as integer))
        when 'wk' then to_days(cast({{ age }}.value * 7 as integer))
        when 'd' then to_days(cast({{ age }}.value as integer))
        else to_years(cast({{ age }}.value as integer))
    end
{%- endmacro %}

{# How many of a unit of time fit into a day, and how many days one is (months of 30, years of 365 days). #}
{% macro times_a_day(unit) -%}
    case {{ unit }}
        when 's' then 86400.0 when 'min' then 1440.0 when 'h' then 24.0 when 'd' then 1.0
        when 'wk' then 1.0 / 7 when 'mo' then 1.0 / 30 when 'a' then 1.0 / 365
    end
{%- endmacro %}

{% macro days_of(unit) -%}
    case {{ unit }}
        when 'd' then 1 when 'day' then 1 when 'days' then 1
        when 'wk' then 7 when 'week' then 7 when 'weeks' then 7
        when 'mo' then 30 when 'month' then 30 when 'months' then 30
        when 'a' then 365 when 'year' then 365 when 'years' then 365
        when 'h' then 1.0 / 24 when 'hour' then 1.0 / 24 when 'hours' then 1.0 / 24
    end
{%- endmacro %}


{# ---- codes ----------------------------------------------------------------------------------- #}

{# A code as it is compared: ICD codes come with and without their dot. #}
{% macro comparable_code(code) -%} upper(replace({{ code }}, '.', '')) {%- endmacro %}

{#
    The resources of `relation` that carry a code of a value set, one row per resource and value set:
    `id` is its key, `codings` a list of struct(system, code, ...).
#}
{% macro value_set_members(relation, id, codings='codings') -%}
    select distinct
        coded.{{ id }},
        codes.value_set
    from (
        select
            {{ id }},
            unnest({{ codings }}) as coding
        from {{ relation }}
    ) as coded
    inner join {{ ref('int_measure_codes') }} as codes
        on coded.coding.system = codes.code_system and {{ comparable_code('coded.coding.code') }} = codes.comparable_code
{%- endmacro %}

{# Whether any coding of a list is one of a value set (a small one: reasons, answers). #}
{% macro any_in_value_set(codings, value_sets) -%}
    list_has_any(
        list_transform({{ codings }}, lambda one: one.system || '|' || {{ comparable_code('one.code') }}),
        (
            select coalesce(list(codes.code_system || '|' || codes.comparable_code), [])
            from {{ ref('int_measure_codes') }} as codes
            where codes.value_set in ('{{ value_sets | join("', '") }}')
        )
    )
{%- endmacro %}

{% macro orders_intents() -%}
    ('order', 'original-order', 'reflex-order', 'filler-order', 'instance-order')
{%- endmacro %}

{# The visits of an adult to a practice: the set that several measures share. #}
{% macro adult_visits() -%}
    {{ return([
        'office_visit', 'annual_wellness_visit', 'preventive_visit_established_adult', 'preventive_visit_initial_adult',
        'home_healthcare_services', 'virtual_encounter', 'telephone_visits',
    ]) }}
{%- endmacro %}

{# Finished encounters of these value sets that lie in the period from their first day to their last. #}
{% macro visits_in_period(value_sets) -%}
    select
        patient_id,
        'visit in the period' as criterion,
        'Encounter' as resource_type,
        encounter_id as resource_id,
        start_date as event_date,
        encounter_id,
        start_at,
        end_at,
        start_date,
        end_date,
        class_code
    from {{ ref('int_measure_encounters') }}
    where
        value_set in ('{{ value_sets | join("', '") }}')
        and status = 'finished'
        and {{ in_period('start_date', 'end_date') }}
{%- endmacro %}

{# Verified conditions of these value sets, as evidence. #}
{% macro conditions_of(value_sets, where, criterion, categories=['encounter', 'problem'], verified=true) -%}
    select
        conditions.patient_id,
        '{{ criterion }}' as criterion,
        'Condition' as resource_type,
        conditions.condition_id as resource_id,
        nullif(conditions.start_date, {{ the_beginning() }}) as event_date
    from {{ ref('int_measure_conditions') }} as conditions
    where
        conditions.value_set in ('{{ value_sets | join("', '") }}')
        {%- if verified %}
        and conditions.is_verified
        {%- endif %}
        and ({% for category in categories %}conditions.is_{{ category }}{{ ' or ' if not loop.last }}{% endfor %})
        and {{ where }}
{%- endmacro %}

{# The shared exclusions of a kind, as evidence. #}
{% macro exclusions_of(kinds) -%}
    select
        patient_id,
        criterion,
        resource_type,
        resource_id,
        event_date
    from {{ ref('int_measure_exclusions') }}
    where exclusion in ('{{ kinds | join("', '") }}')
{%- endmacro %}


{# ---- what a measure ends with ----------------------------------------------------------------- #}

{#
    One row per person, population and criterion, with the latest resource that met it: `groups` maps each
    rate group's number to {population: CTE}. A CTE has patient_id, criterion, resource_type, resource_id,
    event_date (and episode_id, where the measure counts events rather than people), and only those who are in
    the population by themselves; `measure_populations` applies the
    order of populations.
#}
{% macro measure_evidence(measure_id, groups, episodes=false) -%}
    {%- set selects = [] -%}
    {%- for group, populations in groups.items() -%}
        {%- for population, relation in populations.items() -%}
            {%- do selects.append((group, population, relation)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for group, population, relation in selects %}
    select
        '{{ measure_id }}' as measure_id,
        {{ group }} as group_number,
        patient_id,
        {{ 'episode_id' if episodes else 'cast(null as varchar)' }} as episode_id,
        '{{ population }}' as population,
        criterion,
        latest.resource_type as resource_type,
        latest.resource_id as resource_id,
        nullif(latest.event_date, {{ the_beginning() }}) as event_date
    from (
        select
            patient_id,
            {{- ' episode_id,' if episodes }}
            criterion,
            max({
                'event_date': coalesce(cast(event_date as date), {{ the_beginning() }}),
                'resource_id': cast(resource_id as varchar),
                'resource_type': cast(resource_type as varchar)
            }) as latest
        from {{ relation }}
        group by patient_id, {{ 'episode_id, ' if episodes }}criterion
    ) as {{ relation }}_by_criterion
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
{%- endmacro %}

{# The evidence of several CTEs for those whom another one names. #}
{% macro evidence_for(eligible, relations) -%}
    {%- for relation in relations %}
    select
        patient_id,
        criterion,
        resource_type,
        resource_id,
        event_date
    from {{ relation }}
    where patient_id in (select chosen.patient_id from {{ eligible }} as chosen)
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
{%- endmacro %}

{# Rows of an event model as evidence. #}
{% macro as_evidence(kind, criterion, event_date) -%}
    patient_id,
    '{{ criterion }}' as criterion,
    {%- if kind == 'order' %}
    resource_type,
    order_id as resource_id,
    {%- elif kind == 'reaction' %}
    resource_type,
    reaction_id as resource_id,
    {%- else %}
    '{{ kind | capitalize }}' as resource_type,
    {{ kind }}_id as resource_id,
    {%- endif %}
    {{ event_date }} as event_date
{%- endmacro %}

{# Orders that are orders: placed, meant, and not a decision against. #}
{% macro is_order(statuses=['active', 'completed']) -%}
    (status in ('{{ statuses | join("', '") }}') and intent in {{ orders_intents() }} and not is_prohibited)
{%- endmacro %}

{# A bound of Wilson's score interval: `sign` is - or +. #}
{% macro wilson(rate, count, z, sign) -%}
    (
        {{ rate }} + {{ z }} * {{ z }} / (2 * {{ count }})
        {{ sign }} {{ z }} * sqrt({{ rate }} * (1 - {{ rate }}) / {{ count }} + {{ z }} * {{ z }} / (4 * {{ count }} * {{ count }}))
    ) / (1 + {{ z }} * {{ z }} / {{ count }})
{%- endmacro %}

{#
    Adherence to a class of medicines: adults with fills on two days, in treatment for 91 days, who were covered on 80 %
    of them. Left out: hospice, kidney failure, and who takes a medicine of the class `excluded`.
#}
{% macro adherence_measure(measure_id, drug_class, excluded=none) %}
with patients as (
    select * from {{ ref('int_measure_patients') }}
    where age_at_start >= 18
),

treatments as (
    select
        adherence.*,
        'MedicationDispense' as resource_type,
        adherence.last_medication_dispense_id as resource_id,
        adherence.last_fill_date as event_date
    from {{ ref('medication_adherence') }} as adherence
    inner join patients on adherence.patient_id = patients.patient_id
    where
        adherence.drug_class = '{{ drug_class }}'
        and adherence.fill_date_count >= 2
        and adherence.treatment_days >= 91
),

initial_population as (
    select
        *,
        'fills on two days, in treatment for 91 days' as criterion
    from treatments
),

exclusions as (
    {{ exclusions_of(['hospice']) }}
    union all
    {{ conditions_of(['end_stage_renal_disease'], overlaps_period('conditions.start_date', 'conditions.end_date'), 'end-stage renal disease') }}
    {%- if excluded %}
    union all
    select
        patient_id,
        'fill of {{ excluded }}' as criterion,
        'MedicationDispense' as resource_type,
        medication_dispense_id as resource_id,
        dispensed_date as event_date
    from {{ ref('int_measure_fills') }}
    where drug_class = '{{ excluded }}' and {{ in_period('dispensed_date') }}
    {%- endif %}
),

numerator as (
    select
        *,
        'covered on 80 % of the days' as criterion
    from treatments
    where proportion_of_days_covered >= 0.8
),

final as (
    {{ measure_evidence(measure_id, {1: {
        'initial-population': 'initial_population', 'denominator-exclusion': 'exclusions', 'numerator': 'numerator'}}) }}
)

select * from final
{% endmacro %}

{# The models of all measures: ours, and those that `var('own_measures')` adds. #}
{% macro measure_models() -%}
    {{ return([
        'ecqm_cms2_depression_screening',
        'ecqm_cms69_bmi_screening',
        'ecqm_cms117_childhood_immunization',
        'ecqm_cms122_glycemic_status_above_9',
        'ecqm_cms124_cervical_cancer_screening',
        'ecqm_cms125_breast_cancer_screening',
        'ecqm_cms130_colorectal_cancer_screening',
        'ecqm_cms131_diabetic_eye_exam',
        'ecqm_cms138_tobacco_screening_cessation',
        'ecqm_cms139_falls_screening',
        'ecqm_cms153_chlamydia_screening',
        'ecqm_cms155_weight_assessment_children',
        'ecqm_cms156_high_risk_medications',
        'ecqm_cms159_depression_remission',
        'ecqm_cms165_blood_pressure_control',
        'ecqm_cms347_statin_therapy',
        'ecqm_cms349_hiv_screening',
        'ecqm_cms951_kidney_health_evaluation',
        'claims_adherence_statins',
        'claims_adherence_diabetes_medicines',
        'claims_adherence_hypertension_medicines',
        'claims_readmission_30_day',
        'claims_emergency_visits',
    ] + (var('own_measures') | string).split()) }}
{%- endmacro %}

{# A bound of Byar's approximation to the Poisson interval of a count: `sign` is - or +. #}
{% macro byar(count, z, sign) -%}
    {%- set counted = count if sign == '-' else '(' ~ count ~ ' + 1)' -%}
    case
        when {{ counted }} = 0 then 0
        else {{ counted }} * pow(1 - 1 / (9.0 * {{ counted }}) {{ sign }} {{ z }} / (3 * sqrt({{ counted }})), 3)
    end
{%- endmacro %}

{# Events per 1,000 years of exposure, which is given in days. #}
{% macro per_thousand_years(count, exposure_days) -%}
    cast({{ count }} * 365250.0 / nullif({{ exposure_days }}, 0) as double)
{%- endmacro %}
