{{ config(materialized='view') }}
-- noqa: disable=LT01, LT02
-- What an OBX says by HL7's Version 2 to FHIR (segment OBX): which of FHIR's value types OBX-5 is, and as `further`
-- the elements that silver has no column for.
with results as (
    select
        stated.*,
        coalesce(spellings.unit, stated.unit) as ucum
    from (
        select
            *,
            coalesce(unit_code, unit_display) as unit
        from {{ ref('int_hl7v2__results') }}
    ) as stated
    {{ join_unit_spellings('stated.unit') }}
),

-- One number with or without a comparator is a quantity; two are a ratio or a range (HL7's map of SN and NR).
valued as (
    select
        *,
        {{ hl7_composite_value('value_type', 'value_components', 'unit', 'ucum') }} as composite_value,
        case when value_type = 'TM' then {{ hl7_time('value_text') }} end as value_time
    from results
),

typed as (
    select
        *,
        case
            when value_type = 'NM' and value_number is not null then 'Quantity'
            when starts_with(composite_value, '"valueRatio"') then 'Ratio'
            when starts_with(composite_value, '"valueRange"') then 'Range'
            when
                value_type = 'SN' and value_number is not null and value_separator is null
                and coalesce(value_comparator, '=') in ('=', '<', '<=', '>', '>=')
                then 'Quantity'
            when value_type = 'CQ' and value_number is not null then 'Quantity'
            when value_type = 'ST' and value_number is not null and coalesce(unit_code, unit_display) is not null then 'Quantity'
            when value_coding is not null and coalesce(value_coding.code, value_coding.display) is not null then 'CodeableConcept'
            when value_at is not null then 'dateTime'
            when value_time is not null then 'time'
            when value_type in ('ED', 'RP') then 'none'
            when value_raw is not null then 'string'
            else 'none'
        end as kind
    from valued
),

-- What has no column: the elements that HL7's map of OBX names besides.
extended as (
    select
        *,
        case when value_type in ('ED', 'RP') and value_raw is not null
            then {{ hl7_attachment('value_type', 'value_components', 'coalesce(observation_display, observation_code)') }}
        end as attachment,
        case
            when value_raw is not null then null
            when result_status = 'X' then 'cannot-be-obtained'
            when result_status = 'N' then 'not-asked'
        end as absent_reason
    from typed
),

elements as (
    select
        *,
        '{' || nullif(concat_ws(
            ',',
            composite_value,
            '"valueTime":"' || value_time || '"',
            case
                when kind = 'CodeableConcept' and coalesce(value_coding.alternate_code, value_coding.original_text) is not null
                    -- A list of one, so that the planner meets the components once.
                    then '"valueCodeableConcept":' || list_transform([[
                        value_coding.code, value_coding.display, value_coding."system", value_coding.alternate_code,
                        value_coding.alternate_display, value_coding.alternate_system, null, null, value_coding.original_text
                    ]], lambda components: {{ hl7_concept('components', 'source_system') }})[1]
            end,
            '"dataAbsentReason":' || case when absent_reason is not null then {{ fhir_codeable_concept(
                "'http://terminology.hl7.org/CodeSystem/data-absent-reason'", 'absent_reason'
            ) }} end,
            case
                when abnormal_flags is not null and not list_contains({{ hl7_interpretation_codes() }}, abnormal_flags)
                    then '"interpretation":' || {{ hl7_interpretations('abnormal_flags') }}
            end,
            case
                when coalesce(performer.method_code, performer.method_display) is not null
                    then '"method":' || {{ fhir_codeable_concept(
                        coding_system('source_system', 'performer.method_system'), 'performer.method_code', 'performer.method_display',
                        'performer.method_display'
                    ) }}
            end,
            case
                when coalesce(performer.site_code, performer.site_display) is not null
                    then '"bodySite":' || {{ fhir_codeable_concept(
                        coding_system('source_system', 'performer.site_system'), 'performer.site_code', 'performer.site_display',
                        'performer.site_display'
                    ) }}
            end,
            '"extension":' || {{ fhir_array([
                "case when coalesce(attachment.data, attachment.url) is not null then " ~ fhir_object({
                    'url': fhir_constant('http://hl7.org/fhir/5.0/StructureDefinition/extension-Observation.value'),
                    'valueAttachment': fhir_object({
                        'contentType': fhir_code('attachment.content_type'),
                        'data': fhir_token('attachment.data'),
                        'url': fhir_token('attachment.url'),
                        'title': fhir_string('attachment.title'),
                    }),
                }) ~ " end",
                "case when performer.analyzed_at is not null then " ~ fhir_object({
                    'url': fhir_constant('http://hl7.org/fhir/StructureDefinition/observation-analysis-date-time'),
                    'valueDateTime': fhir_at('performer.analyzed_at', 'performer.analyzed_at_precision'),
                }) ~ " end",
                "case when sub_id is not null then " ~ fhir_object({
                    'url': fhir_constant('http://hl7.org/fhir/StructureDefinition/observation-v2-subid'),
                    'extension': fhir_array([fhir_object({
                        'url': fhir_constant('original-sub-identifier'), 'valueString': fhir_string('sub_id'),
                    })]),
                }) ~ " end",
            ]) }},
            case
                when len(further_values) > 0
                    then '"component":[' || array_to_string(list_transform(
                        further_values,
                        lambda value: '{"code":' || coalesce({{ fhir_concept_of(
                            hl7_codings('observation'), 'coalesce(observation_display, observation_code)'
                        ) }}, '{"text":"unknown"}') || ',' || {{ hl7_further_value('value_type', 'value', 'unit', 'ucum', 'source_system') }} || '}'
                    ), ',') || ']'
            end
        ), '') || '}' as further
    from extended
)

select * from elements
