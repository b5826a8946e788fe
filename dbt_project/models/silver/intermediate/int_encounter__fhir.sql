{{ config(materialized='view') }}
with
{{ fhir_keys_ctes('stg_fhir__encounter', ['patient', 'practitioner', 'organization', 'encounter']) }}
locations as (
    select * from {{ ref('int_fhir_location_keys') }}
),

final as (
    select
        {{ fhir_int_provenance() }},
        {{ fhir_int_person() }},
        encounters.visit_number,
        encounters.visit_namespace,
        {{ fhir_int_source_key() }},
        false as is_mention,
        {{ fhir_identifier_of_type('resources.identifiers', "['AN']") }}.value as account_number,
        {{ fhir_status('Encounter', 'resources.status') }} as status,
        resources.class_code,
        resources.type_code,
        resources.type_display,
        resources.start_at,
        resources.start_at_precision,
        resources.end_at,
        resources.end_at_precision,
        resources.start_date,
        {{ fhir_int_practitioner() }},
        coalesce(
            locations.location_key, {{ location_key('resources.source_system', 'null', 'resources.location_name') }}
        ) as location_key,
        coalesce(
            'npi|' || resources.organization_npi,
            organizations.organization_key,
            {{ organization_key('null', 'resources.source_system', 'resources.organization_identifier', 'resources.organization_name') }}
        ) as organization_key,
        resources.reason_code,
        resources.reason_code_system,
        resources.reason_text,
        resources.discharge_disposition,
        resources.admit_source,
        resources.source_record_id as received
    {{ fhir_key_joins({
        'patient': 'patient_fhir_id', 'practitioner': 'practitioner_fhir_id',
        'organization': 'organization_fhir_id', 'encounter': 'fhir_id'}) }}
    left join locations
        on
            resources.source_system = locations.source_system
            and resources.feed = locations.feed
            and resources.location_fhir_id = locations.fhir_id
)

{{ int_select('encounter', 'final', received=true, absent=[
    'implied_status', 'participants', 'prior_location_key', 'service_type_codings', 'priority_code', 'readmission_code',
    'preadmit_number', 'preadmit_namespace', 'diet_code', 'alternate_numbers',
]) }}
