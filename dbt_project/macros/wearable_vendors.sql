{#-
    What wearables' vendors send by their own APIs and exports: how staging reads items and values out of a payload.

    A view `stg_wearables__<vendor>` makes items (a day, a measurement, an episode) of payloads, each with a list `said` of
    `vendor_value` and `vendor_text`, and ends with `vendor_statements`. Units are UCUM, as the vendor documents them.
-#}

{# What every item takes over from its payload. #}
{% macro payload_columns() -%}
    source_system, feed, file_sha256, record_index, source_record_id, payload_number, received_at, time_zone, payload_user_id
{%- endmacro %}

{# The elements of the array at `path`, one row each, with `columns` (SQL on the payload) beside. #}
{% macro payload_items(path, item_list, columns={}, relation='payloads') -%}
    select
        {{ payload_columns() }},
        {%- for name, expression in columns.items() %}
        {{ expression }} as {{ name }},
        {%- endfor %}
        '{{ item_list }}' as item_list,
        unnest(json_extract(document, '{{ path }}')) as item,
        generate_subscripts(json_extract(document, '{{ path }}'), 1) as item_number
    from {{ relation }}
{%- endmacro %}

{#
    A measured value of `item`: the vendor's own name for it, ours (`wearable_measures`), its unit and, where it is not the
    member of that name, an expression for it. `code` is an expression too where `is_expression`.
#}
{% macro vendor_value(code, measure, unit='null', value=none, note='null', is_expression=false) -%}
    {
        'local_code': {{ code if is_expression else "'" ~ code ~ "'" }},
        'measure': '{{ measure }}',
        'original_value': {{ value or "(item ->> '$." ~ code ~ "')" }},
        'unit': cast({{ unit }} as varchar),
        'value_text': null::varchar,
        'note': cast({{ note }} as varchar)
    }
{%- endmacro %}

{# The same for a text: the name of an activity. #}
{% macro vendor_text(code, measure, value=none) -%}
    {
        'local_code': '{{ code }}', 'measure': '{{ measure }}', 'original_value': null::varchar, 'unit': null::varchar,
        'value_text': nullif(trim({{ value or "(item ->> '$." ~ code ~ "')" }}), ''), 'note': null::varchar
    }
{%- endmacro %}

{# A list of `vendor_value` of (name, measure, unit[, expression[, statistic]]). #}
{% macro vendor_values(values) -%}
    [
        {%- for value in values %}
        {{ vendor_value(
            value[0], value[1], value[2], value[3] if value | length > 3 and value[3] else none,
            "'descriptive statistic: " ~ value[4] ~ "'" if value | length > 4 else 'null'
        ) }}{{ ',' if not loop.last }}
        {%- endfor %}
    ]
{%- endmacro %}

{# The end of a vendor's view: a row per value that is a number, or text. #}
{% macro vendor_statements(vendor, relation='items') -%}
    select
        {{ payload_columns() }},
        '{{ vendor }}' as vendor,
        item_list,
        item_number,
        item_key,
        statement.local_code,
        statement.measure,
        case when isfinite(try_cast(statement.original_value as double)) then try_cast(statement.original_value as double) end as value,
        coalesce(statement.original_value, statement.value_text) as original_value,
        statement.unit,
        statement.value_text,
        statement.note,
        case when isfinite(start_at) then start_at end as start_at,
        case when isfinite(end_at) then end_at end as end_at,
        time_precision,
        said_at,
        device
    from (select * exclude (said), unnest(said) as statement from {{ relation }}) as stated
    where statement.value_text is not null or isfinite(try_cast(statement.original_value as double))
{%- endmacro %}

{# Seconds since 1970 (text or number) as a moment; what lies outside the calendar is none. #}
{% macro epoch_moment(seconds) -%}
    case
        when try_cast({{ seconds }} as double) between -62135596800 and 253402300799
            then make_timestamp(cast(floor(try_cast({{ seconds }} as double) * 1000) as bigint) * 1000)
    end
{%- endmacro %}

{# An offset from UTC in minutes, however it is written: -0700, +05:30, -7, 5.5. #}
{% macro offset_minutes(text) -%}
    case
        when regexp_full_match({{ text }}, '[+-]?[0-9]{2}:?[0-9]{2}')
            then
                (case when left({{ text }}, 1) = '-' then -1 else 1 end)
                * (
                    60 * try_cast(regexp_extract({{ text }}, '([0-9]{2}):?[0-9]{2}$', 1) as integer)
                    + try_cast(right({{ text }}, 2) as integer)
                )
        when abs(try_cast({{ text }} as double)) <= 18 then cast(round(60 * try_cast({{ text }} as double)) as integer)
    end
{%- endmacro %}

{# A wall-clock time (timestamp) whose offset in minutes may be known, else it is the zone's. #}
{% macro local_moment(local_time, minutes, time_zone='time_zone') -%}
    case
        when {{ minutes }} is not null then {{ local_time }} - to_minutes({{ minutes }})
        else {{ to_utc(local_time, time_zone) }}
    end
{%- endmacro %}

{# A date and time in ISO 8601, extended or basic, with its own offset or in the zone's time. #}
{% macro written_moment(text, time_zone='time_zone') -%}
    {%- set plain = "regexp_replace(" ~ text ~ ", '^([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})', '\\1-\\2-\\3T\\4:\\5:\\6')" -%}
    case
        when regexp_matches({{ text }}, '(Z|[+-][0-9]{2}:?[0-9]{2})$') and length({{ text }}) > 10
            then timezone('UTC', try_cast(regexp_replace({{ plain }}, ' ?([+-][0-9]{2}):?([0-9]{2})$', '\1:\2') as timestamptz))
        else {{ to_utc("try_cast(" ~ plain ~ " as timestamp)", time_zone) }}
    end
{%- endmacro %}

{#
    What wearables measure: our name: (LOINC code, its words, FHIR category). A measure that is not here has the vendor's
    code alone: LOINC has none that says the same (efficiency of sleep, minutes in a heart rate zone, scores of vendors).
#}
{% macro wearable_measures() -%}
    {{ return({
        'heart_rate': ('8867-4', 'Heart rate', 'vital-signs'),
        'resting_heart_rate': ('40443-4', 'Heart rate, resting', 'vital-signs'),
        'heart_rate_variability_sdnn': ('80404-7', 'R-R interval.standard deviation (Heart rate variability)', 'vital-signs'),
        'systolic_blood_pressure': ('8480-6', 'Systolic blood pressure', 'vital-signs'),
        'diastolic_blood_pressure': ('8462-4', 'Diastolic blood pressure', 'vital-signs'),
        'body_weight': ('29463-7', 'Body weight', 'vital-signs'),
        'body_height': ('8302-2', 'Body height', 'vital-signs'),
        'body_mass_index': ('39156-5', 'Body mass index', 'vital-signs'),
        'body_fat_percentage': ('41982-0', 'Percentage of body fat', 'vital-signs'),
        'body_fat_mass': ('73708-0', 'Body fat [Mass]', 'vital-signs'),
        'lean_body_mass': ('91557-9', 'Lean body weight', 'vital-signs'),
        'muscle_mass': ('73964-9', 'Body muscle mass', 'vital-signs'),
        'bone_mass': ('101685-6', 'Body bone mass', 'vital-signs'),
        'body_water_percentage': ('101684-9', 'Percentage of body water', 'vital-signs'),
        'waist_circumference': ('8280-0', 'Waist circumference', 'vital-signs'),
        'body_temperature': ('8310-5', 'Body temperature', 'vital-signs'),
        'skin_temperature': ('39106-0', 'Temperature of skin', 'vital-signs'),
        'respiratory_rate': ('9279-1', 'Respiratory rate', 'vital-signs'),
        'oxygen_saturation': ('59408-5', 'Oxygen saturation by pulse oximetry', 'vital-signs'),
        'blood_glucose': ('2339-0', 'Glucose in blood', 'laboratory'),
        'step_count': ('55423-8', 'Number of steps', 'activity'),
        'distance': ('55430-3', 'Walking distance', 'activity'),
        'calories_burned': ('41981-2', 'Calories burned', 'activity'),
        'active_calories': ('93819-1', 'Calories burned during activity', 'activity'),
        'basal_metabolic_rate': ('69429-9', 'Basal metabolic rate', 'activity'),
        'floors_climbed': ('100304-5', 'Flights climbed', 'activity'),
        'exercise_duration': ('55411-3', 'Exercise duration', 'activity'),
        'moderate_activity': ('77592-4', 'Moderate physical activity', 'activity'),
        'vigorous_activity': ('77593-2', 'Vigorous physical activity', 'activity'),
        'activity_name': ('73985-4', 'Exercise activity', 'activity'),
        'sleep_duration': ('93832-4', 'Sleep duration', 'activity'),
        'light_sleep_duration': ('93830-8', 'Light sleep duration', 'activity'),
        'deep_sleep_duration': ('93831-6', 'Deep sleep duration', 'activity'),
        'rem_sleep_duration': ('93829-0', 'REM sleep duration', 'activity'),
        'sleep_latency': ('103212-7', 'Duration of falling asleep', 'activity'),
        'time_in_bed': ('103213-5', 'Duration in bed', 'activity'),
        'wake_after_sleep_onset': ('103215-0', 'Wake time after sleep onset', 'activity'),
        'awakenings': ('103211-9', 'Number of awakenings', 'activity'),
    }) }}
{%- endmacro %}

{# Garmin's GMT: milliseconds since 1970, or text without an offset. #}
{% macro garmin_moment(text) -%}
    coalesce({{ epoch_moment("try_cast(" ~ text ~ " as double) / 1000") }}, try_cast({{ text }} as timestamp))
{%- endmacro %}

{# Nanoseconds since 1970, as text. #}
{% macro nanosecond_moment(text) -%}
    case when try_cast({{ text }} as bigint) is not null then make_timestamp(try_cast({{ text }} as bigint) // 1000) end
{%- endmacro %}

{# A duration, told in units of so many seconds, as an interval; what outlasts a life is none. #}
{% macro duration_of(text, seconds=1) -%}
    case
        when try_cast({{ text }} as double) between 0 and {{ (100 * 366 * 86400 / seconds) | int }}
            then to_milliseconds(cast(floor(1000 * {{ seconds }} * try_cast({{ text }} as double)) as bigint))
    end
{%- endmacro %}

{# Fitbit's ways to write a time, of `relation`: two steps of a `with`, the second of which is `items`. #}
{% macro fitbit_times(relation) -%}
placed as (
    select
        *,
        case
            when regexp_matches(time_text, '^[0-9]{2}/') then {{ to_utc("try_strptime(time_text, '%m/%d/%y %H:%M:%S')", 'time_zone') }}
            else {{ written_moment('time_text') }}
        end as start_at
    from {{ relation }}
),

items as (
    select
        * exclude (start_at),
        case when length(time_text) = 10 then try_strptime(time_text, '%Y-%m-%d') else start_at end as start_at,
        start_at + {{ duration_of('lasting') }} as end_at,
        case when length(time_text) = 16 then 'minute' else {{ fhir_precision('time_text') }} end as time_precision,
        null::timestamp as said_at
    from placed
)
{%- endmacro %}
