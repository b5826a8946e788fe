with
{{ fhir_keys_ctes('stg_fhir__medication_dispense', ['patient']) }}
final as (
    select
        {{ fhir_int_provenance() }},
        {{ fhir_int_person() }},
        {{ fhir_int_codings() }},
        {{ fhir_int_source_key() }},
        {{ fhir_status('MedicationDispense', 'resources.status') }} as status,
        resources.when_handed_over_at,
        resources.when_handed_over_at_precision,
        resources.dispensed_date,
        list_filter(resources.codings, lambda one: one.system = 'http://hl7.org/fhir/sid/ndc')[1].code as ndc,
        resources.quantity,
        resources.quantity_unit,
        resources.days_supply,
        'npi|' || resources.pharmacy_npi as pharmacy_organization_key,
        resources.dosage_text,
        resources.source_record_id as received
    {{ fhir_key_joins({'patient': 'patient_fhir_id'}) }}
)

{{ int_select('medication_dispense', 'final', absent=[
    'rx_number', 'fill_number', 'order_number', 'practitioner_key', 'visit_number', 'visit_namespace',
], received=true) }}
