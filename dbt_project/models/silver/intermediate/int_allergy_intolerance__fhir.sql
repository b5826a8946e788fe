{{ config(materialized='view') }}
with
{{ fhir_keys_ctes('stg_fhir__allergy_intolerance', ['patient']) }}
final as (
    select
        {{ fhir_int_provenance() }},
        {{ fhir_int_person() }},
        {{ fhir_int_codings() }},
        {{ fhir_int_source_key() }},
        {{ fhir_known('resources.type', ['allergy', 'intolerance']) }} as type,
        {{ fhir_known('resources.category', ['food', 'medication', 'environment', 'biologic']) }} as category,
        {{ fhir_known('resources.criticality', ['low', 'high', 'unable-to-assess']) }} as criticality,
        {{ fhir_known('resources.clinical_status', ['active', 'inactive', 'resolved']) }} as clinical_status,
        {{ fhir_known('resources.verification_status', ['unconfirmed', 'confirmed', 'refuted', 'entered-in-error']) }}
            as verification_status,
        resources.reaction_text,
        resources.reaction_severity,
        resources.onset_date,
        resources.recorded_date,
        resources.source_record_id as received
    {{ fhir_key_joins({'patient': 'patient_fhir_id'}) }}
)

{{ int_select('allergy_intolerance', 'final', received=true) }}
