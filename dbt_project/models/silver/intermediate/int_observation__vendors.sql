-- noqa: disable=LT02, LT05
{{ config(materialized='view') }}
-- What wearables' vendors send, an Observation per value; a blood pressure is one with two components, whose values are
-- rows too. LOINC where it has a code that says the same, and the vendor's own beside it.
{%- set measures = wearable_measures() %}
{#- What a vendor's daily extract and Open mHealth tell of a day as well. #}
{%- set of_days = ['step_count', 'distance', 'calories_burned', 'resting_heart_rate'] %}
with statements as (
    select * from {{ ref('stg_wearables__vendor_measures') }}
),

codes as (
    {%- for name, (code, display, category) in measures.items() %}
    select
        '{{ name }}' as measure,
        '{{ code }}' as loinc_code,
        '{{ display }}' as loinc_display,
        '{{ category }}' as category
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- LOINC's distance is walked or run: cycled or swum it is another one.
not_on_foot as (
    select distinct
        source_record_id,
        payload_number,
        item_list,
        item_number
    from statements
    where measure = 'activity_name' and not regexp_matches(lower(value_text), 'walk|run|jog|hik|foot|tread|stair|stroll')
),

coded as (
    select
        statements.* exclude (end_at),
        case
            -- Glucose by substance has its own code.
            when statements.measure = 'blood_glucose' and statements.unit = 'mmol/L' then '15074-8'
            when statements.measure = 'distance' and not_on_foot.source_record_id is not null then null
            else codes.loinc_code
        end as loinc_code,
        codes.loinc_display,
        coalesce(codes.category, 'activity') as category,
        case when statements.end_at > statements.start_at and statements.time_precision != 'day' then statements.end_at end as end_at,
        statements.time_precision = 'day'
        and statements.device_user_id is not null
        and statements.measure in ({% for name in of_days %}'{{ name }}'{{ ', ' if not loop.last }}{% endfor %})
        and statements.note is null
        -- Neither an activity whose time of day nobody knows, nor what of the steps was counted by a tracker.
        and statements.item_list != 'activities'
        and statements.local_code not like '%-tracker-%'
            as is_day,
        {{ daily_source_key('codes.loinc_code', 'statements.start_at::date', 'statements.device_user_id') }} as day_key,
        concat_ws(
            '|', statements.source_record_id, statements.payload_number, statements.device_user_id, statements.item_list, statements.item_number
        ) as item_id,
        row_number() over (
            partition by statements.source_record_id
            order by statements.payload_number, statements.item_list, statements.item_number, statements.local_code
        ) as statement_number
    from statements
    left join codes on statements.measure = codes.measure
    left join not_on_foot
        on
            statements.source_record_id = not_on_foot.source_record_id
            and statements.payload_number = not_on_foot.payload_number
            and statements.item_list = not_on_foot.item_list
            and statements.item_number = not_on_foot.item_number
),

-- A day that two vendors tell of the same user are two days; of one, it is that of the daily extract and Open mHealth.
keyed as (
    select
        *,
        case
            when is_day and min(vendor) over (partition by source_system, day_key) = max(vendor) over (partition by source_system, day_key)
                then day_key
            when item_key is not null
                then concat_ws('|', vendor, item_key, local_code, note)
            when device_user_id is not null and start_at is not null
                then concat_ws('|', vendor, device_user_id, local_code, start_at, coalesce(end_at, start_at), time_precision, note)
            else concat_ws('|', item_id, local_code, note)
        end as source_key
    from coded
),

-- A systolic and a diastolic value of one item.
pressures as (
    select
        item_id,
        max(case when measure = 'systolic_blood_pressure' then value end) as systolic,
        max(case when measure = 'diastolic_blood_pressure' then value end) as diastolic,
        any_value(unit) as pressure_unit
    from keyed
    where measure in ('systolic_blood_pressure', 'diastolic_blood_pressure')
    group by item_id
    having count(*) = 2 and count(distinct measure) = 2
),

observed as (
    select
        keyed.*,
        pressures.item_id is not null as is_component,
        false as is_panel,
        null::double as systolic,
        null::double as diastolic,
        null::varchar as pressure_unit
    from keyed
    left join pressures
        on
            case when keyed.measure in ('systolic_blood_pressure', 'diastolic_blood_pressure') then keyed.item_id end = pressures.item_id
    union all by name
    select
        keyed.* replace (
            'blood_pressure' as measure,
            'blood_pressure' as local_code,
            '85354-9' as loinc_code,
            'Blood pressure panel with all children optional' as loinc_display,
            keyed.source_key || '|panel' as source_key,
            keyed.statement_number + 500000 as statement_number,
            null::double as value,
            null::varchar as original_value,
            null::varchar as unit
        ),
        false as is_component,
        true as is_panel,
        pressures.systolic,
        pressures.diastolic,
        pressures.pressure_unit
    from keyed
    inner join pressures on keyed.item_id = pressures.item_id
    where keyed.measure = 'systolic_blood_pressure'
),

final as (
    select
        source_system,
        feed,
        source_record_id,
        received_at,
        coalesce(said_at, received_at) as recorded_at,
        record_index * 1000000 + statement_number as record_order,
        'WEARABLE' as id_authority,
        device_user_id as id_value,
        upper(vendor) as local_system,
        local_code,
        list_filter([
            struct_pack("system" := 'http://loinc.org', code := loinc_code, display := loinc_display),
            struct_pack(
                "system" := {{ local_system_uri('source_system', 'upper(vendor)') }},
                code := local_code,
                display := replace(measure, '_', ' ')
            )
        ], lambda coding: coding.code is not null) as codings,
        source_key,
        category,
        'final' as status,
        start_at as effective_at,
        time_precision as effective_at_precision,
        coalesce(said_at, received_at) as issued_at,
        case when is_panel then 'none' when value_text is null then 'Quantity' else 'string' end as value_type,
        value as value_quantity,
        unit as value_unit,
        value_text,
        original_value,
        unit as original_unit,
        note,
        device,
        is_component,
        null::varchar as received,
        case
            when is_panel or end_at is not null and not is_component
                then '{' || concat_ws(
                    ',',
                    case
                        when end_at is not null
                            then '"effectiveDateTime":null,"effectivePeriod":' || {{ fhir_period('start_at', 'end_at', 'time_precision', 'time_precision') }}
                    end,
                    case
                        when is_panel
                            then '"component":[' || {{ fhir_object({
                                'code': fhir_codeable_concept("'http://loinc.org'", "'8480-6'", "'Systolic blood pressure'"),
                                'valueQuantity': fhir_quantity('systolic', 'pressure_unit', code='pressure_unit'),
                            }) }} || ',' || {{ fhir_object({
                                'code': fhir_codeable_concept("'http://loinc.org'", "'8462-4'", "'Diastolic blood pressure'"),
                                'valueQuantity': fhir_quantity('diastolic', 'pressure_unit', code='pressure_unit'),
                            }) }} || ']'
                    end
                ) || '}'
        end as further
    from observed
)

{{ int_select('observation', 'final', received=true, further=true, absent=[
    'filler_order_number', 'filler_namespace', 'placer_order_number', 'sub_id', 'report_source_key', 'visit_number',
    'visit_namespace', 'value_code_system', 'value_code', 'value_code_display', 'value_comparator', 'value_at',
    'value_at_precision', 'interpretation', 'reference_low', 'reference_high', 'reference_text', 'practitioner_key',
    'organization_key']) }}
