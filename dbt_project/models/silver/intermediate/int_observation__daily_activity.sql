-- noqa: disable=LT02, LT08, ST05
{{ config(materialized='view') }}
-- The measures of days that were told more than once; the others have nothing to merge (int_observation_days).
with activities as (
    select * from {{ ref('stg_wearables__daily_activity') }}
),

{%- set measures = daily_measures() %}
measured as (
    {%- for column, measure in measures.items() %}
    select
        {{ csv_int_provenance() }},
        device_user_id,
        activity_date,
        device_model,
        '{{ column }}' as measure,
        '{{ measure[0] }}' as loinc_code,
        '{{ measure[1] }}' as display,
        '{{ measure[2] }}' as unit,
        '{{ measure[3] }}' as category,
        {{ column }}::double as value,
        {{ daily_source_key("'" ~ measure[0] ~ "'") }} as source_key
    from activities
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select
        * exclude (record_order),
        record_order + list_position({{ measures.keys() | list }}, measure) as record_order,
        'WEARABLE' as id_authority,
        device_user_id as id_value,
        [struct_pack("system" := 'http://loinc.org', code := loinc_code, display := display)] as codings,
        'final' as status,
        activity_date::timestamp as effective_at,
        'day' as effective_at_precision,
        recorded_at as issued_at,
        'Quantity' as value_type,
        value as value_quantity,
        unit as value_unit,
        value::varchar as original_value,
        unit as original_unit,
        device_model as device
    from measured
    semi join (
    {{ repeated_days() }}
    ) as repeated on hash(measured.source_system, measured.source_key) = repeated.key_hash
    where value is not null and activity_date is not null
)

{{ int_select('observation', 'final', absent=[
    'local_system', 'local_code', 'filler_order_number', 'filler_namespace', 'placer_order_number', 'sub_id',
    'report_source_key', 'visit_number', 'visit_namespace', 'value_text', 'value_code_system', 'value_code',
    'value_code_display', 'value_comparator', 'value_at', 'value_at_precision', 'interpretation', 'reference_low',
    'reference_high', 'reference_text', 'note', 'practitioner_key', 'organization_key']) }}
