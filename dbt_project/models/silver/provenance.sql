-- noqa: disable=LT01, LT02
{{ config(materialized='view') }}
{#- A view: it says nothing that the rows of silver do not say in `source_record_ids`, and costs nothing until asked. -#}
{%- set resources = {
    'account': 'Account', 'adverse_event': 'AdverseEvent', 'allergy_intolerance': 'AllergyIntolerance',
    'appointment': 'Appointment', 'charge_item': 'ChargeItem', 'claim': 'Claim', 'condition': 'Condition',
    'coverage': 'Coverage', 'device': 'Device', 'device_request': 'DeviceRequest',
    'diagnostic_report': 'DiagnosticReport', 'document_reference': 'DocumentReference', 'encounter': 'Encounter',
    'explanation_of_benefit': 'ExplanationOfBenefit', 'immunization': 'Immunization', 'location': 'Location',
    'medication': 'Medication', 'medication_administration': 'MedicationAdministration',
    'medication_dispense': 'MedicationDispense', 'medication_request': 'MedicationRequest',
    'observation': 'Observation', 'organization': 'Organization', 'patient': 'Patient',
    'practitioner': 'Practitioner', 'practitioner_role': 'PractitionerRole', 'procedure': 'Procedure',
    'related_person': 'RelatedPerson', 'service_request': 'ServiceRequest', 'specimen': 'Specimen', 'task': 'Task',
} -%}

with assertions as (
    {%- for table, type in resources.items() %}
    select
        '{{ type }}' as target_type,
        {{ table }}_id as target_id,
        unnest(source_record_ids) as asserting_record_id,
        source_record_id,
        source_system,
        source_systems,
        cast(recorded_at as timestamp) as recorded_at
    from {{ ref(table) }}
    {%- if table == 'observation' %}
    -- A component is within the resource of its observation.
    where component_code is null
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

records as (
    select
        target_type,
        asserting_record_id as source_record_id,
        list(target_id order by target_id) as target_ids,
        -- The system of a record is that of a row it leads, or of a row that no other system speaks of.
        coalesce(
            max(source_system) filter (where asserting_record_id = source_record_id or len(source_systems) = 1),
            min(array_to_string(source_systems, '+'))
        ) as source_system,
        coalesce(max(recorded_at) filter (where asserting_record_id = source_record_id), min(recorded_at)) as recorded_at
    from assertions
    group by target_type, asserting_record_id
),

final as (
    select
        {{ uuid_v5('Provenance', 'target_type', 'source_record_id') }} as provenance_id,
        target_type,
        target_ids,
        source_system,
        [source_system] as source_systems,
        source_record_id,
        [source_record_id] as source_record_ids,
        recorded_at,
        {{ fhir_object({
            'resourceType': fhir_constant('Provenance'),
            'id': fhir_token(uuid_v5('Provenance', 'target_type', 'source_record_id')),
            'meta': fhir_meta(),
            'target': fhir_list("list_transform(target_ids, lambda target_id: '{\"reference\":\"' || target_type || '/' || target_id || '\"}')"),
            'recorded': fhir_at('recorded_at'),
            'agent': fhir_array([fhir_object({
                'type': fhir_codeable_concept("'http://terminology.hl7.org/CodeSystem/provenance-participant-type'", "'author'"),
                'who': fhir_object({'display': fhir_string('source_system')}),
            })]),
            'entity': fhir_array([fhir_object({
                'role': fhir_constant('source'),
                'what': fhir_object({'identifier': fhir_object({
                    'system': fhir_constant('urn:wellspring:record'), 'value': fhir_string('source_record_id'),
                })}),
            })]),
        }) }} as fhir_json
    from records
)

select * from final
