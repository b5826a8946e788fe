{#-
  The as-of date and the days counted from it. No model reads the clock: what is "current", "last 12
  months" or "age" follows from `var('as_of')` alone.

  A day is a calendar day of the reporting time zone (`var('reporting_time_zone')`), because a visit
  at eight in the evening belongs to that day and not to the next one in Greenwich.
-#}

{#- The as-of date as a SQL date. -#}
{% macro as_of_date() -%}
    cast('{{ var("as_of") }}' as date)
{%- endmacro %}

{% macro reporting_time_zone() -%}
    {{ return(var('reporting_time_zone')) }}
{%- endmacro %}

{#- The first UTC moment that is no longer part of the as-of day. -#}
{% macro as_of_end() -%}
    {{ return(adapter.dispatch('as_of_end')()) }}
{%- endmacro %}

{% macro default__as_of_end() -%}
    timezone('UTC', timezone('{{ reporting_time_zone() }}', {{ as_of_date() }} + interval 1 day))
{%- endmacro %}

{#-
  The calendar day of a UTC moment. A moment known only to the day or coarser already is the date as
  the source said it (see macros/time.sql) and is not shifted: give its `precision` where there is one.
-#}
{% macro local_date(moment, precision=none) -%}
    {{ return(adapter.dispatch('local_date')(moment, precision)) }}
{%- endmacro %}

{% macro default__local_date(moment, precision) -%}
    {%- if precision is none -%}
        cast(timezone('{{ reporting_time_zone() }}', timezone('UTC', {{ moment }})) as date)
    {%- else -%}
        case
            when {{ precision }} in ('year', 'month', 'day') then cast({{ moment }} as date)
            else cast(timezone('{{ reporting_time_zone() }}', timezone('UTC', {{ moment }})) as date)
        end
    {%- endif -%}
{%- endmacro %}

{#-
  Whether a day lies in the `count` `unit`s (day, month, year) that end with the as-of day: the first
  day is excluded, the as-of day included, so that twelve months never hold the same day twice.
-#}
{% macro in_look_back(day, count, unit='month') -%}
    ({{ day }} > {{ as_of_date() }} - interval {{ count }} {{ unit }} and {{ day }} <= {{ as_of_date() }})
{%- endmacro %}

{#-
  Completed years of age on a day. Who is born on 29 February completes a year on 1 March of a common
  year: the day before the anniversary is not yet reached on 28 February.
-#}
{% macro age_in_years(birth_date, on_date) -%}
    (
        year({{ on_date }}) - year({{ birth_date }})
        - case
            when
                month({{ on_date }}) * 100 + day({{ on_date }})
                < month({{ birth_date }}) * 100 + day({{ birth_date }})
                then 1
            else 0
        end
    )
{%- endmacro %}
