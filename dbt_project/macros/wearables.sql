{#- A wearable's day: its measures, and which of them were told more than once. -#}

{# The measures of a wearable's day: column: (LOINC code, its words, UCUM unit, FHIR category). #}
{% macro daily_measures() -%}
    {{ return({
        'steps': ('55423-8', 'Number of steps', '{steps}', 'activity'),
        'distance_km': ('55430-3', 'Walking distance', 'km', 'activity'),
        'active_minutes': ('55411-3', 'Exercise duration', 'min', 'activity'),
        'calories_kcal': ('41981-2', 'Calories burned', 'kcal', 'activity'),
        'resting_hr_bpm': ('40443-4', 'Heart rate, resting', '/min', 'vital-signs'),
        'sleep_minutes': ('93832-4', 'Sleep duration', 'min', 'activity'),
    }) }}
{%- endmacro %}

{# The key of such a measure: what Open mHealth and vendors' payloads say of a whole day has the same. #}
{% macro daily_source_key(loinc_code, day='activity_date', user='device_user_id') -%}
    {{ user }} || '|' || {{ day }} || '|' || {{ loinc_code }}
{%- endmacro %}

{#
    The measures of days (`source_system`, `source_key`) that were told more than once: in several rows, or by Open mHealth
    or a vendor's payload too. The hashes of their keys: a collision takes the longer way to the same result.
#}
{% macro repeated_days() -%}
    select hash(source_system, source_key) as key_hash
    from {{ ref('int_observation__omh') }}
    union
    select hash(source_system, source_key) as key_hash
    from {{ ref('int_observation__vendors') }}
    where effective_at_precision = 'day'
    union
    select hash(days.source_system, {{ daily_source_key('codes.loinc_code') }}) as key_hash
    from (
        select
            source_system,
            device_user_id,
            activity_date
        from {{ ref('stg_wearables__daily_activity') }}
        group by all
        having count(*) > 1
    ) as days
    cross join unnest({{ daily_measures().values() | map('first') | list }}) as codes (loinc_code) -- noqa
{%- endmacro %}
