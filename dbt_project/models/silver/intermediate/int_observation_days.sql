{{ config(materialized='view') }}
-- noqa: disable=LT02
-- The measures of a wearable's day that were told once, as int_observation_merged would have them: most
-- observations are such, and merging is for what was told more than once.
{%- set measures = daily_measures() %}
with days as (
    select * from {{ ref('stg_wearables__daily_activity') }}
),

measures as (
    {%- for column, (code, display, unit, category) in measures.items() %}
    select
        '{{ column }}' as measure,
        '{{ category }}' as category,
        [struct_pack("system" := 'http://loinc.org', code := '{{ code }}', display := '{{ display }}')] as codings,
        '{{ code }}' as loinc_code,
        '{{ unit }}' as value_unit
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- What each source's measure is called, and in which unit it is kept.
sources as (
    select
        systems.source_system,
        measures.*,
        null::varchar as local_system,
        null::varchar as local_code
    from (select distinct source_system from days) as systems
    cross join measures
),

coded as (
    {{ coded_observations('sources') }}
),

defined as (
    select
        coded.* exclude (canonical, codings),
        canonical."system" as code_system,
        canonical.code as code,
        canonical.display as code_display,
        {{ with_canonical('canonical', 'codings') }} as codings
    from {{ displayed('coded') }} as coded
),

-- What all days say alike is written once: their JSON takes a quarter of the time that it takes column by column.
kept as (
    select
        *,
        {{ fhir_array([fhir_codeable_concept("'http://terminology.hl7.org/CodeSystem/observation-category'", 'category')]) }} as category_json,
        coalesce({{ fhir_concept_of('codings', 'code_display') }}, '{"text":"unknown"}') as code_json,
        {{ fhir_members({
            'unit': fhir_string('ucum'),
            'system': "case when " ~ is_ucum('ucum') ~ " then " ~ fhir_token("'http://unitsofmeasure.org'") ~ " end",
            'code': fhir_code('case when ' ~ is_ucum('ucum') ~ ' then ucum end'),
        }) }} as unit_json
    from ({{ with_analyte('defined') }}) as analysed
),

owned as (
    select
        days.*,
        patient_xref.patient_id,
        {{ device_id(device_key('days.source_system', 'days.device_model')) }} as device_id
    from days
    left join {{ ref('patient_xref') }} as patient_xref
        on
            days.source_system = patient_xref.source_system
            and patient_xref.id_authority = 'WEARABLE'
            and days.device_user_id = patient_xref.id_value
    where days.activity_date is not null
),

measured as (
    select
        owned.*,
        kept.* exclude (source_system, measure),
        {{ daily_source_key('kept.loinc_code') }} as source_key,
        case kept.measure
            {%- for column in measures %}
            when '{{ column }}' then owned.{{ column }}::double
            {%- endfor %}
        end as value_quantity
    from owned
    inner join kept on owned.source_system = kept.source_system
),

identified as (
    select
        *,
        {{ uuid_v5('Observation', "'key'", "concat_ws(chr(31), 'source', source_system, source_key, coalesce(code, code_display, ''))") }} as observation_id,
        coalesce(message_at, received_at)::timestamp as recorded_at,
        activity_date::timestamp as effective_at,
        'day' as effective_at_precision
    from measured
    {{ join_repeated_days('anti', 'measured') }}
    where value_quantity is not null
),

final as (
    select
        observation_id,
        patient_id,
        category,
        code_system,
        code,
        code_display,
        codings,
        'final' as status,
        effective_at,
        effective_at_precision,
        coalesce(message_at, received_at)::timestamp as issued_at,
        'Quantity' as value_type,
        value_quantity,
        ucum as value_unit,
        analyte,
        {{ canonical_value_columns() }},
        value_quantity::varchar as original_value,
        value_unit as original_unit,
        device_model as device,
        case when device_model is not null then device_id end as device_id,
        source_system,
        [source_system] as source_systems,
        source_record_id,
        [source_record_id] as source_record_ids,
        recorded_at,
        {{ fhir_object({
            'resourceType': fhir_constant('Observation'),
            'id': fhir_token('observation_id'),
            'meta': fhir_meta(),
            'status': fhir_constant('final'),
            'category': 'category_json',
            'code': 'code_json',
            'subject': fhir_reference('Patient', 'patient_id'),
            'effectiveDateTime': fhir_at('effective_at', 'effective_at_precision'),
            'issued': fhir_at('recorded_at'),
            'valueQuantity': "'{' || concat_ws(',', '\"value\":' || " ~ fhir_number('value_quantity') ~ ", unit_json) || '}'",
            'device': fhir_object({
                'reference': "case when device_model is not null then '\"Device/' || device_id || '\"' end",
                'display': fhir_string('device_model'),
            }),
        }) }} as built_json
    from identified
)

select * from final
