{#
    Rates as of the end of each month of the period: what `measure_scores` would have said with that as-of date and what
    is known today.

    Nothing in a measure depends on the as-of date but which events it sees (`known_by`), deaths, and the macro
    `as_of_date()`. So the measures' own SQL is rendered again for each month's end: the relations of events are replaced
    by views that end there, and what is built on them by temporary tables. No measure is written twice.
#}

{# Relations of events, and the day by which each of their rows is known. #}
{% macro known_by() -%}
    {{ return({
        'int_measure_encounters': 'start_date',
        'int_measure_conditions': 'start_date',
        'int_measure_observations': 'coalesce(start_date, issued_date)',
        'int_measure_procedures': 'start_date',
        'int_measure_orders': 'authored_date',
        'int_measure_immunizations': 'occurrence_date',
        'int_measure_fills': 'dispensed_date',
    }) }}
{%- endmacro %}

{# What is built on events, in the order of building. #}
{% macro rebuilt_models() -%}
    {{ return([
        'int_measure_stays', 'int_measure_ed_visits', 'int_measure_member_days', 'int_measure_exposures',
        'medication_adherence', 'int_measure_exclusions',
    ] + measure_models() + ['measure_populations']) }}
{%- endmacro %}

{# The ends of the months of the period before the as-of date, and the as-of date. #}
{% macro trend_dates() -%}
    {%- set dates = [] -%}
    {%- set as_of = (var('as_of') | string)[:10] -%}
    {%- set first_year = measure_year() -%}
    {%- for month in range(1, 13) -%}
        {%- set next_month = modules.datetime.date(first_year + month // 12, month % 12 + 1, 1) -%}
        {%- set month_end = (next_month - modules.datetime.timedelta(days=1)) | string -%}
        {%- if month_end < as_of -%} {%- do dates.append(month_end) -%} {%- endif -%}
    {%- endfor -%}
    {{ return(dates + [as_of]) }}
{%- endmacro %}

{# The SQL of a model of this project, with the relations of `replacements` ({rendered relation: name}) exchanged. #}
{% macro sql_of(model_name, day, replacements) -%}
    {%- set node = graph.nodes['model.wellspring.' ~ model_name] -%}
    {%- set sql = namespace(text=render(node.raw_code)) -%}
    {%- for relation, name in replacements.items() -%}
        {%- set sql.text = sql.text | replace(relation, name) -%}
    {%- endfor -%}
    {{ return(sql.text | replace(as_of_date(), "cast('" ~ day ~ "' as date)")) }}
{%- endmacro %}

{# Builds the measures as of a day; returns the temporary relation of their populations. #}
{% macro build_populations_as_of(day) -%}
    {%- set replacements = {} -%}
    {%- for model_name, known_date in known_by().items() -%}
        {%- do run_query(
            "create or replace temporary view trend_" ~ model_name ~ " as select * from " ~ ref(model_name)
            ~ " where " ~ known_date ~ " <= date '" ~ day ~ "'"
        ) -%}
        {%- do replacements.update({ref(model_name) | string: 'trend_' ~ model_name}) -%}
    {%- endfor -%}
    {%- do run_query(
        "create or replace temporary view trend_int_measure_patients as select * replace (case when deceased_date <= date '"
        ~ day ~ "' then deceased_date end as deceased_date) from " ~ ref('int_measure_patients')
    ) -%}
    {%- do replacements.update({ref('int_measure_patients') | string: 'trend_int_measure_patients'}) -%}
    {%- for model_name in rebuilt_models() -%}
        {%- do run_query(
            'create or replace temporary table trend_' ~ model_name ~ ' as ' ~ sql_of(model_name, day, replacements)
        ) -%}
        {%- do replacements.update({ref(model_name) | string: 'trend_' ~ model_name}) -%}
    {%- endfor -%}
    {{ return('trend_measure_populations') }}
{%- endmacro %}

{# What measures read without regard to a day. #}
{% macro timeless_models() -%}
    {{ return([
        'adherence_drugs', 'drug_strengths', 'int_measure_codes', 'int_measure_reactions', 'measure_groups', 'measures',
        'vaccine_value_sets', 'claim', 'condition', 'coverage', 'encounter', 'explanation_of_benefit', 'immunization',
        'medication_dispense', 'medication_request', 'observation', 'patient', 'procedure',
    ]) }}
{%- endmacro %}

{# Collects the populations' counts as of each day in the temporary table `trend_counts`: a hook, so that compiling does nothing. #}
{% macro build_trend_counts() -%}
    {%- if execute -%}
        {%- for day in trend_dates() -%}
            {%- set counted -%}
                select
                    date '{{ day }}' as as_of_date,
                    populations.measure_id,
                    populations.group_number,
                    count(*) as initial_population_count,
                    count(*) filter (in_denominator) as denominator_count,
                    count(*) filter (in_denominator_exclusion) as exclusion_count,
                    count(*) filter (in_denominator_exception) as exception_count,
                    count(*) filter (in_numerator) as numerator_count,
                    sum(exposures.event_count) filter (in_denominator and not in_denominator_exclusion) as event_count,
                    sum(exposures.exposure_days) filter (in_denominator and not in_denominator_exclusion) as exposure_days
                from {{ build_populations_as_of(day) }} as populations
                left join trend_int_measure_exposures as exposures
                    on
                        populations.measure_id = exposures.measure_id
                        and populations.patient_id = exposures.patient_id
                group by populations.measure_id, populations.group_number
            {%- endset -%}
            {%- do run_query(
                ('create or replace temporary table trend_counts as ' if loop.first else 'insert into trend_counts ') ~ counted
            ) -%}
        {%- endfor -%}
        {%- for model_name in known_by() -%}
            {%- do run_query('drop view temp.trend_' ~ model_name) -%}
        {%- endfor -%}
        {%- do run_query('drop view temp.trend_int_measure_patients') -%}
        {%- for model_name in rebuilt_models() -%}
            {%- do run_query('drop table temp.trend_' ~ model_name) -%}
        {%- endfor -%}
    {%- endif -%}
    select 1
{%- endmacro %}
