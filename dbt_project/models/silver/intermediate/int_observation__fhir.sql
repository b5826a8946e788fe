-- noqa: disable=LT02
{{ config(materialized='view') }}
with
{{ fhir_keys_ctes('stg_fhir__observation', ['patient', 'encounter', 'practitioner']) }}
{%- set parts = {
    'quantity': 'valueQuantity', 'concept': 'valueCodeableConcept', 'text': 'valueString', 'truth': 'valueBoolean',
    'whole_number': 'valueInteger', 'moment': 'valueDateTime', 'clock': 'valueTime', 'bounds': 'valueRange',
    'ratio': 'valueRatio', 'period': 'valuePeriod', 'absent_reason': 'dataAbsentReason',
    'interpretation': 'interpretation', 'reference_range': 'referenceRange'} %}

-- A panel such as blood pressure is a row, and one for each of its components.
component_rows as (
    select
        * exclude (components),
        unnest(components) as component,
        generate_subscripts(components, 1) as component_number
    from resources
),

components as (
    select
        * exclude (component) replace (
            {{ fhir_codings('component.code') }} as codings,
            {{ fhir_display('component.code') }} as code_display,
            struct_pack(
                {%- for part, element in parts.items() %}
                {{ part }} := component."{{ element }}"{{ ',' if not loop.last }}
                {%- endfor %}
            ) as value
        )
    from component_rows
),

own_values as (
    select
        * exclude (components),
        0 as component_number
    from resources
),

measured as (
    select * from own_values
    union all by name
    select * from components
),

final as (
    select
        resources.source_system,
        resources.feed,
        resources.source_record_id,
        resources.received_at,
        resources.message_at as recorded_at,
        resources.record_index * 1000000 + resources.component_number as record_order,
        {{ fhir_int_person() }},
        {{ fhir_int_codings() }},
        coalesce(resources.feed || '|' || resources.fhir_id, resources.source_record_id)
        || case when resources.component_number > 0 then '|' || resources.component_number else '' end as source_key,
        -- An accession number is a laboratory's; other identifiers identify the observation itself.
        case
            when coalesce(resources.category, 'laboratory') = 'laboratory'
                then list_filter(resources.identifiers, lambda one: one.value is not null)[1].value
        end as filler_order_number,
        case
            when coalesce(resources.category, 'laboratory') = 'laboratory'
                then
                    {{ fhir_filler_namespace('list_filter(resources.identifiers, lambda one: one.value is not null)[1].system') }}
        end as filler_namespace,
        resources.placer_order_number,
        {{ fhir_int_visit() }},
        resources.category,
        {{ fhir_status('Observation', 'resources.status') }} as status,
        {{ fhir_moment('resources.effective_text') }} as effective_at,
        {{ fhir_precision('resources.effective_text') }} as effective_at_precision,
        resources.issued_at,
        case
            when resources.value.quantity.value is not null then 'Quantity'
            when resources.value.concept is not null then 'CodeableConcept'
            when coalesce(resources.value.text, resources.value.truth) is not null then 'string'
            when resources.value.whole_number is not null then 'Quantity'
            when resources.value.moment is not null then 'dateTime'
            when resources.value.clock is not null then 'time'
            when resources.value.bounds is not null then 'Range'
            when resources.value.ratio is not null then 'Ratio'
            else 'none'
        end as value_type,
        try_cast(coalesce(resources.value.quantity.value, resources.value.whole_number) as double) as value_quantity,
        coalesce(resources.value.quantity.code, resources.value.quantity.unit) as value_unit,
        coalesce(
            resources.value.text,
            resources.value.truth,
            {{ fhir_display('resources.value.concept') }},
            resources.value.clock,
            resources.value.bounds.low.value || '-' || resources.value.bounds.high.value,
            resources.value.ratio.numerator.value || ':' || resources.value.ratio.denominator.value,
            {{ fhir_display('resources.value.absent_reason') }}
        ) as value_text,
        resources.value.concept.coding[1].system as value_code_system,
        resources.value.concept.coding[1].code as value_code,
        {{ fhir_display('resources.value.concept') }} as value_code_display,
        resources.value.quantity.comparator as value_comparator,
        {{ fhir_moment('resources.value.moment') }} as value_at,
        {{ fhir_precision('resources.value.moment') }} as value_at_precision,
        coalesce(
            resources.value.quantity.value, resources.value.whole_number, resources.value.text, resources.value.truth,
            {{ fhir_display('resources.value.concept') }}
        ) as original_value,
        coalesce(resources.value.quantity.unit, resources.value.quantity.code) as original_unit,
        resources.value.interpretation[1].coding[1].code as interpretation,
        try_cast(resources.value.reference_range[1].low.value as double) as reference_low,
        try_cast(resources.value.reference_range[1].high.value as double) as reference_high,
        resources.value.reference_range[1].text as reference_text,
        resources.note,
        {{ fhir_int_practitioner('performer_npi', 'performer_fhir_id') }},
        resources.device,
        resources.component_number > 0 as is_component,
        -- The panel is the resource; its components are rows beside it.
        case when resources.component_number = 0 then resources.source_record_id end as received
    {{ fhir_key_joins({
        'patient': 'patient_fhir_id', 'encounter': 'encounter_fhir_id', 'practitioner': 'performer_fhir_id'})
        | replace('from resources', 'from measured as resources') }}
)

{{ int_select('observation', 'final', absent=['sub_id', 'report_source_key', 'organization_key'], received=true) }}
