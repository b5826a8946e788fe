-- noqa: disable=LT02
-- Who is in which population. The order of populations (CQM, proportion): only who is in the denominator can be
-- excluded, only who is not excluded can be in the numerator, only who is in neither can be excepted.
{%- set measures = [
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
] %}
with evidence as (
    {%- for measure in measures %}
    select * from {{ ref(measure) }}
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
),

groups as (
    select * from {{ ref('measure_groups') }}
),

flags as (
    select
        evidence.measure_id,
        evidence.group_number,
        evidence.patient_id,
        evidence.episode_id,
        bool_or(evidence.population = 'initial-population') as in_initial_population,
        bool_or(
            evidence.population = 'denominator'
            or (groups.denominator = 'initial population' and evidence.population = 'initial-population')
        ) as in_denominator,
        bool_or(evidence.population = 'denominator-exclusion') as is_excluded,
        bool_or(evidence.population = 'denominator-exception') as is_excepted,
        bool_or(evidence.population = 'numerator') as in_numerator,
        list({
            'population': evidence.population, 'criterion': evidence.criterion, 'resource_type': evidence.resource_type,
            'resource_id': evidence.resource_id, 'event_date': evidence.event_date
        } order by evidence.population, evidence.criterion) as evidence
    from evidence
    inner join groups
        on evidence.measure_id = groups.measure_id and evidence.group_number = groups.group_number
    group by evidence.measure_id, evidence.group_number, evidence.patient_id, evidence.episode_id
),

final as (
    select
        measure_id,
        cast(group_number as integer) as group_number,
        patient_id,
        episode_id,
        {{ period_start() }} as period_start_date,
        {{ period_end() }} as period_end_date,
        in_initial_population,
        in_initial_population and in_denominator as in_denominator,
        in_initial_population and in_denominator and is_excluded as in_denominator_exclusion,
        in_initial_population and in_denominator and not is_excluded and not in_numerator and is_excepted
            as in_denominator_exception,
        in_initial_population and in_denominator and not is_excluded and in_numerator as in_numerator,
        evidence
    from flags
    where in_initial_population
)

select * from final
