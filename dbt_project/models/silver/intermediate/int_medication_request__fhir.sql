{{ config(materialized='view') }}
with
{{ fhir_keys_ctes('stg_fhir__medication_request', ['patient', 'practitioner', 'encounter']) }}
medications as (
    select distinct on (source_system, feed, fhir_id) *
    from {{ ref('stg_fhir__medication') }}
    order by source_system, feed, fhir_id, {{ newest_first(place=0) }}
),

final as (
    select
        {{ fhir_int_provenance() }},
        {{ fhir_int_person() }},
        {{ fhir_local_coding('coalesce(resources.codings, medications.codings)') }}.system as local_system,
        {{ fhir_local_coding('coalesce(resources.codings, medications.codings)') }}.code as local_code,
        {{ fhir_silver_codings(
            'coalesce(resources.codings, medications.codings)',
            'coalesce(resources.code_display, medications.code_display)'
        ) }} as codings,
        {{ fhir_int_source_key() }},
        list_filter(resources.identifiers, lambda one: one.value is not null)[1].value as order_number,
        list_filter(resources.identifiers, lambda one: one.value is not null)[1].system as order_namespace,
        {{ fhir_int_visit() }},
        {{ fhir_status('MedicationRequest', 'resources.status') }} as status,
        resources.intent,
        resources.authored_at,
        resources.authored_at_precision,
        list_filter(
            coalesce(resources.codings, medications.codings),
            lambda one: one.system = 'http://hl7.org/fhir/sid/ndc'
        )[1].code as ndc,
        resources.quantity,
        resources.quantity_unit,
        resources.days_supply,
        resources.refills,
        {{ fhir_int_practitioner() }},
        resources.dosage_text,
        resources.note,
        resources.source_record_id as received
    {{ fhir_key_joins({
        'patient': 'patient_fhir_id', 'practitioner': 'practitioner_fhir_id', 'encounter': 'encounter_fhir_id'}) }}
    left join medications
        on
            resources.source_system = medications.source_system
            and resources.feed = medications.feed
            and resources.medication_fhir_id = medications.fhir_id
)

{{ int_select('medication_request', 'final', absent=['rx_number'], received=true) }}
