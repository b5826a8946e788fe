{#
    Moments in UTC, from what each standard writes.

    Here: HL7 v2 TS/DTM text (2.A.22, 2.A.75) and local wall-clock times to UTC.
    A moment known to the day or coarser keeps the date as the source said it, at 00:00:00, and its
    precision says so: shifting a bare date by an offset would change the date.
#}

{#
    Local wall-clock time to UTC. `timezone(constant, …)` is ten times faster than
    `timezone(column, …)`, because ICU's calendar is then built once: hence the usual zones by name.
    A time skipped by daylight saving moves forward; one that happens twice is standard time, the second, as
    PostgreSQL has it too: a sender who means the first has to send an offset.
#}
{% macro to_utc(local_time, time_zone) -%}
    {{ return(adapter.dispatch('to_utc')(local_time, time_zone)) }}
{%- endmacro %}

{% macro default__to_utc(local_time, time_zone) -%}
    case {{ time_zone }}
        when 'UTC' then {{ local_time }}
        {%- for zone in ['America/New_York', 'America/Chicago', 'America/Denver', 'America/Los_Angeles'] %}
        when '{{ zone }}' then make_timestamp(epoch_us(timezone('{{ zone }}', {{ local_time }})))
        {%- endfor %}
        else make_timestamp(epoch_us(timezone(coalesce({{ time_zone }}, 'UTC'), {{ local_time }})))
    end
{%- endmacro %}

{# An instant as UTC. `timezone('UTC', …)` asks ICU and takes ten times as long; only infinity needs it. #}
{% macro instant_to_utc(instant) -%}
    coalesce(make_timestamp(epoch_us({{ instant }})), timezone('UTC', {{ instant }}))
{%- endmacro %}

{#
    HL7 v2 DTM, `YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]`, to a UTC timestamp; without an
    offset it is in the feed's time zone. Not a time: null.
#}
{% macro hl7_timestamp(text, time_zone) -%}
    {{ return(adapter.dispatch('hl7_timestamp')(text, time_zone)) }}
{%- endmacro %}

{% macro default__hl7_timestamp(text, time_zone) -%}
    {%- set digits = "regexp_extract(" ~ text ~ ", '^[0-9]+')" -%}
    {%- set padded = "left(" ~ digits ~ " || right('00000101000000', greatest(14 - length(" ~ digits ~ "), 0)::integer), 14)" -%}
    {%- set fraction = "to_microseconds(cast(rpad(regexp_extract(" ~ text ~ ", '^[0-9]{14}[.]([0-9]{1,6})', 1), 6, '0') as bigint))" -%}
    {%- set offset = "regexp_extract(" ~ text ~ ", '[+-][0-9]{4}$')" -%}
    case
        when strlen({{ text }}) = 14 then {{ to_utc("try_strptime(" ~ text ~ ", '%Y%m%d%H%M%S')", time_zone) }}
        when strlen({{ text }}) = 12 then {{ to_utc("try_strptime(" ~ text ~ ", '%Y%m%d%H%M')", time_zone) }}
        when left({{ text }}, 4) = '0000' then null
        when strlen({{ text }}) = 8 then try_strptime({{ text }}, '%Y%m%d')
        when not regexp_matches({{ text }}, '^[0-9]{4}([0-9]{2}){0,5}([.][0-9]+)?([+-][0-9]{4})?$')
            then {{ instant_to_utc("try_cast(" ~ text ~ " as timestamptz)") }}
        when length({{ digits }}) <= 8 then try_strptime({{ padded }}, '%Y%m%d%H%M%S')
        when {{ offset }} = ''
            then
                {{ to_utc("try_strptime(" ~ padded ~ ", '%Y%m%d%H%M%S')", time_zone) }}
                + case when contains({{ text }}, '.') then {{ fraction }} else interval 0 second end
        else
            try_strptime({{ padded }}, '%Y%m%d%H%M%S')
            + case when contains({{ text }}, '.') then {{ fraction }} else interval 0 second end
            - to_minutes(
                (case when left({{ offset }}, 1) = '-' then -1 else 1 end)
                * (60 * cast(substr({{ offset }}, 2, 2) as integer) + cast(substr({{ offset }}, 4, 2) as integer))
            )
    end
{%- endmacro %}

{# How much of a DTM was given: year, month, day, hour, minute, second or millisecond. #}
{% macro hl7_precision(text) -%}
    {{ return(adapter.dispatch('hl7_precision')(text)) }}
{%- endmacro %}

{% macro default__hl7_precision(text) -%}
    case
        when strlen({{ text }}) = 14 then 'second'
        when strlen({{ text }}) = 12 then 'minute'
        -- A date: several times faster to recognise than to measure its digits.
        when strlen({{ text }}) = 8 and regexp_matches({{ text }}, '^[0-9]{8}$') then 'day'
        when contains({{ text }}, '.') then 'millisecond'
        else
            case length(regexp_extract({{ text }}, '^[0-9]+'))
                when 4 then 'year'
                when 6 then 'month'
                when 8 then 'day'
                when 10 then 'hour'
                when 12 then 'minute'
                when 14 then 'second'
            end
    end
{%- endmacro %}

{# The calendar date of a DTM as the source said it; a partial date is the first day of what is known. #}
{% macro hl7_date(text) -%}
    {{ return(adapter.dispatch('hl7_date')(text)) }}
{%- endmacro %}

{% macro default__hl7_date(text) -%}
    cast(coalesce(
        try_strptime(left({{ text }}, 8), '%Y%m%d'),
        case
            when regexp_matches({{ text }}, '^[0-9]{6}$') then try_strptime({{ text }} || '01', '%Y%m%d')
            when regexp_matches({{ text }}, '^[0-9]{4}$') then try_strptime({{ text }} || '0101', '%Y%m%d')
            when regexp_matches({{ text }}, '^[0-9]{4}-[0-9]{2}-[0-9]{2}') then try_strptime(left({{ text }}, 10), '%Y-%m-%d')
        end
    ) as date)
{%- endmacro %}

{# A UTC timestamp as FHIR dateTime (or instant), as precise as it is known. FHIR has no hour alone. #}
{% macro fhir_datetime(moment, precision="'second'") -%}
    case {{ precision }}
        when 'year' then strftime({{ moment }}, '%Y')
        when 'month' then strftime({{ moment }}, '%Y-%m')
        when 'day' then strftime({{ moment }}, '%Y-%m-%d')
        when 'millisecond' then strftime({{ moment }}, '%Y-%m-%dT%H:%M:%S.%gZ')
        else strftime({{ moment }}, '%Y-%m-%dT%H:%M:%SZ')
    end
{%- endmacro %}

{# A date as FHIR date, as precise as it is known. #}
{% macro fhir_date(day, precision="'day'") -%}
    case {{ precision }}
        when 'year' then strftime({{ day }}, '%Y')
        when 'month' then strftime({{ day }}, '%Y-%m')
        else strftime({{ day }}, '%Y-%m-%d')
    end
{%- endmacro %}
