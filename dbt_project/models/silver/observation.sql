with merged as (
    select * from {{ ref('int_observation_merged') }}
),

days as (
    select * from {{ ref('int_observation_days') }}
),

built as (
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
        comparator as value_comparator,
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
        {{ silver_provenance() }},
        is_component,
        {{ fhir_with_received(fhir_with_further(fhir_object({
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
            ]),
            'valueQuantity': fhir_quantity('value_quantity', 'value_unit', code='case when ' ~ is_ucum('ucum') ~ ' then ucum end', comparator='comparator'),
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
        })), 'observation_id', {'effectiveDateTime': ['effectivePeriod', 'effectiveTiming', 'effectiveInstant'],
            'valueQuantity': ['valueInteger', 'valueRange', 'valueRatio', 'valueSampledData', 'valueTime', 'valuePeriod'],
            'valueString': ['valueBoolean', 'valueCodeableConcept', 'valueTime', 'valueRange', 'valueRatio']}) }} as built_json
    from merged
    {{ join_fhir_received('merged') }}
),

-- A part of an observation (BP's systolic) is a row, but no resource of its own. Decided here: within a `case` DuckDB
-- would build the JSON value by value instead of once for each distinct one (four times the time).
final as (
    select
        * exclude (is_component, built_json),
        case when is_component is not true then built_json end as fhir_json
    from built
    union all by name
    select
        * exclude (built_json),
        built_json as fhir_json
    from days
)

select * from final
