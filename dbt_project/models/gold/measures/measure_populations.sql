-- noqa: disable=LT02
-- Who is in which population. The order of populations (CQM, proportion): only who is in the denominator can be
-- excluded, only who is not excluded can be in the numerator, only who is in neither can be excepted.
with evidence as (
    {%- for measure in measure_models() %}
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
