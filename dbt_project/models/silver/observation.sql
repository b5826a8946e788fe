with versions as (
    select * from {{ ref('int_observation_versions') }}
),

observations as (
    {{ merged('versions', [
        'patient_id', 'encounter_id', 'diagnostic_report_id', 'category', 'code_system', 'code', 'code_display', 'codings',
        'local_code', 'filler_order_number', 'filler_namespace', 'placer_order_number', 'sub_id', 'status', 'effective_at',
        'effective_at_precision', 'issued_at', 'value_type', 'value_quantity', 'value_unit', 'ucum', 'value_text',
        'value_code_system', 'value_code', 'value_code_display', 'value_comparator', 'value_at', 'value_at_precision',
        'original_value', 'original_unit', 'interpretation', 'reference_low', 'reference_high', 'reference_text', 'note',
        'practitioner_key', 'organization_key', 'device', 'device_key', 'is_component', 'further',
        'received',
    ], together=[
        'status', 'value_type', 'value_quantity', 'value_unit', 'ucum', 'value_text', 'value_code_system', 'value_code',
        'value_code_display', 'value_comparator', 'value_at', 'value_at_precision', 'original_value', 'original_unit',
        'interpretation', 'effective_at', 'effective_at_precision', 'received', 'is_component', 'further',
    ], tie_order=true) }}
),

identified as (
    select
        observations.* exclude (category, practitioner_key, organization_key),
        {{ device_id('device_key') }} as device_id,
        -- A report on one specimen observes that one.
        case when len(specimens.specimen_ids) = 1 then specimens.specimen_ids[1] end as specimen_id,
        {{ uuid_v5('Observation', "'key'", 'match_key') }} as observation_id,
        {{ practitioner_id('practitioner_key') }} as practitioner_id,
        {{ organization_id('organization_key') }} as organization_id,
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
        case value_comparator when '<' then '<' when '<=' then '<=' when '>' then '>' when '>=' then '>=' end as comparator
    from observations
    left join {{ ref('int_report_specimens') }} as specimens
        on observations.diagnostic_report_id = specimens.diagnostic_report_id
),

-- The value in the one unit that its analyte is kept in, and whether a living person can have it. Materialized: inlined,
-- DuckDB computes the columns of `identified` over and over (four times the time).
measured as materialized (
    select
        identified.*,
        analytes.analyte,
        round(identified.value_quantity * conversions.factor + conversions.offset_value, 9) as canonical_value,
        case when conversions.factor is not null and identified.value_quantity is not null then analytes.unit end as canonical_unit,
        analytes.plausible_low,
        analytes.plausible_high
    from identified
    left join {{ ref('analyte_codes') }} as analyte_codes
        on identified.code_system = 'http://loinc.org' and identified.code = analyte_codes.loinc_code
    left join {{ ref('analytes') }} as analytes on analyte_codes.analyte = analytes.analyte
    left join {{ ref('int_unit_conversions') }} as conversions
        on
            analytes.analyte = conversions.analyte
            and {{ unit_of_measure('identified.ucum') }} = conversions.from_unit
),

final as (
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
        coalesce(canonical_value not between plausible_low and plausible_high, false) as is_implausible,
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
        case when is_component is not true then {{ fhir_with_received(fhir_with_further(fhir_object({
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
            'valueString': ['valueBoolean', 'valueCodeableConcept', 'valueTime', 'valueRange', 'valueRatio']}) }} end as fhir_json
    from measured
    {{ join_fhir_received('measured') }}
)

select * from final
