-- noqa: disable=LT02, LT05
-- A view: nothing is copied of the words that stand alone, and the FHIR JSON is made of the rows that somebody asks for.
{{ config(materialized='view') }}
with versions as (
    select
        *,
        [source_system] as source_systems,
        [source_record_id] as source_record_ids
    from {{ ref('int_observation_versions') }}
),

-- Read twice: held in memory, all columns of the view would be made for whoever asks for one.
merged as not materialized (
    select * from {{ ref('int_observation_merged') }}
),

told as (
    select versions.*
    from versions
    anti join merged on versions.observation_id = merged.observation_id
    union all by name
    select * from merged
),

categorised as (
    select
        * exclude (category, value_comparator),
        -- The vital signs of FHIR's profile, by their LOINC codes.
        case
            when
                category in ('laboratory', 'exam')
                and code in (
                    '8480-6', '8462-4', '8867-4', '9279-1', '8310-5', '2708-6', '59408-5', '29463-7', '8302-2', '39156-5',
                    '85354-9', '9843-4', '8287-5', '85353-1', '3141-9', '8331-1', '8328-7', '59576-9'
                )
                then 'vital-signs'
            when category in ('laboratory', 'exam') and code in ('44261-6', '55758-7', '69737-5', '44249-1', '73830-2', '73831-0', '73832-8') then 'survey'
            when category in ('laboratory', 'exam') and code in ('72166-2', '11367-0', '74013-4', '82810-3') then 'social-history'
            else category
        end as category,
        case value_comparator when '<' then '<' when '<=' then '<=' when '>' then '>' when '>=' then '>=' end as value_comparator
    from told
),

built as (
    select
        *,
        {{ fhir_object({
            'resourceType': fhir_constant('Observation'),
            'id': fhir_token('observation_id'),
            'meta': fhir_meta(),
            'identifier': fhir_array([
                fhir_identifier(number_system('filler_namespace', 'accession'), 'filler_order_number', "'FILL'"),
            ]),
            'status': fhir_token('status'),
            'category': fhir_array([fhir_codeable_concept("'http://terminology.hl7.org/CodeSystem/observation-category'", 'category')]),
            'code': "coalesce(" ~ fhir_concept_of('codings', 'code_display') ~ ", '{\"text\":\"unknown\"}')",
            'subject': fhir_reference('Patient', 'patient_id'),
            'encounter': fhir_reference('Encounter', 'encounter_id'),
            'effectiveDateTime': fhir_at('effective_at', 'effective_at_precision'),
            'issued': fhir_at('issued_at'),
            'performer': fhir_array([
                fhir_reference('Practitioner', 'practitioner_id'), fhir_reference('Organization', 'organization_id'),
                "case when further_performers is not null then " ~ fhir_elements(
                    "list_transform(further_performers, lambda performer: " ~ fhir_object({'reference': fhir_token('performer')}) ~ ")"
                ) ~ " end",
            ]),
            'valueQuantity': fhir_quantity('value_quantity', 'value_unit', code='case when ' ~ is_ucum('ucum') ~ ' then ucum end', comparator='value_comparator'),
            'valueCodeableConcept': "case when value_type = 'CodeableConcept' then " ~ fhir_codeable_concept('value_code_system', 'value_code', 'value_code_display', 'value_text') ~ " end",
            'valueString': "case when value_type = 'string' then " ~ fhir_string('value_text') ~ " end",
            'valueDateTime': "case when value_type = 'dateTime' then " ~ fhir_at('value_at', 'value_at_precision') ~ " end",
            'interpretation': fhir_array([fhir_codeable_concept("case when interpretation is not null then 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation' end", 'interpretation')]),
            'note': fhir_array([fhir_object({'text': fhir_string('note')})]),
            'specimen': fhir_reference('Specimen', 'specimen_id'),
            'device': fhir_object({
                'reference': "'\"Device/' || device_id || '\"'",
                'display': fhir_string('device'),
            }),
            'referenceRange': fhir_array([fhir_object({
                'low': fhir_quantity('reference_low', 'ucum'),
                'high': fhir_quantity('reference_high', 'ucum'),
                'text': fhir_string('reference_text'),
            })]),
        }) }} as built_json
    from categorised
    {{ join_fhir_received('categorised', 'Observation') }}
),

words as (
    select
        observation_id,
        patient_id,
        encounter_id,
        diagnostic_report_id,
        category,
        code_system,
        code,
        code_display,
        codings,
        local_code as source_code,
        filler_order_number,
        placer_order_number,
        sub_id,
        status,
        effective_at,
        effective_at_precision,
        issued_at,
        value_type,
        value_quantity,
        case when value_type = 'Quantity' then ucum end as value_unit,
        analyte,
        canonical_value,
        canonical_unit,
        is_implausible,
        value_text,
        value_code_system,
        value_code,
        value_code_display,
        value_comparator,
        value_at,
        value_at_precision,
        original_value,
        original_unit,
        interpretation,
        reference_low,
        reference_high,
        reference_text,
        case when is_component then code end as component_code,
        note,
        practitioner_id,
        organization_id,
        specimen_id,
        device,
        device_id,
        -- What needs no JSON to be read whole; told of the words themselves, so that asking makes none.
        coalesce(received, further) is not null or further_performers is not null as has_further_elements,
        {{ silver_provenance() }},
        -- A part of an observation (BP's systolic) is a row, but no resource of its own.
        case when is_component is not true then {{ fhir_with_received(fhir_with_further('built_json'), 'observation_id', {'effectiveDateTime': ['effectivePeriod', 'effectiveTiming', 'effectiveInstant'],
            'valueQuantity': ['valueInteger', 'valueRange', 'valueRatio', 'valueSampledData', 'valueTime', 'valuePeriod'],
            'valueString': ['valueBoolean', 'valueCodeableConcept', 'valueTime', 'valueRange', 'valueRatio']}) }} end as fhir_json
    from built
),

days as (
    select
        days.*,
        days.message_at as recorded_at,
        measures.* exclude (source_system),
        days.activity_date::timestamp as effective_at,
        case measures.measure
            {%- for column in daily_measures() %}
            when '{{ column }}' then days.{{ column }}
            {%- endfor %}
        end as value_quantity,
        {{ daily_source_key('measures.loinc_code') }} as source_key
    from {{ ref('int_observation_days') }} as days
    inner join {{ ref('int_observation_day_measures') }} as measures on days.source_system = measures.source_system
),

identified_days as (
    select
        *,
        {{ uuid_v5('Observation', "'key'", "concat_ws(chr(31), 'source', source_system, source_key, coalesce(code, code_display, ''))") }}
            as observation_id
    from days
    where value_quantity is not null
),

built_days as (
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
        'day' as effective_at_precision,
        message_at as issued_at,
        'Quantity' as value_type,
        value_quantity,
        ucum as value_unit,
        analyte,
        {{ canonical_value_columns() }},
        value_quantity::varchar as original_value,
        original_unit,
        device,
        case when device is not null then device_id end as device_id,
        false as has_further_elements,
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
            'effectiveDateTime': fhir_at('effective_at', "'day'"),
            'issued': fhir_at('message_at'),
            'valueQuantity': "'{' || concat_ws(',', '\"value\":' || " ~ fhir_number('value_quantity') ~ ", unit_json) || '}'",
            'device': fhir_object({
                'reference': "case when device is not null then '\"Device/' || device_id || '\"' end",
                'display': fhir_string('device'),
            }),
        }) }} as fhir_json
    from identified_days
),

final as (
    select * from words
    union all by name
    select * from built_days
)

select * from final
