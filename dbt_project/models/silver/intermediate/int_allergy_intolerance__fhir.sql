with
{{ fhir_keys_ctes('stg_fhir__allergy_intolerance', ['patient']) }}
final as (
    select
        {{ fhir_int_provenance() }},
        {{ fhir_int_person() }},
        {{ fhir_int_codings() }},
        {{ fhir_int_source_key() }},
        resources.type,
        resources.category,
        resources.criticality,
        resources.clinical_status,
        resources.verification_status,
        resources.reaction_text,
        resources.reaction_severity,
        resources.onset_date,
        resources.recorded_date
    {{ fhir_key_joins({'patient': 'patient_fhir_id'}) }}
)

{{ int_select('allergy_intolerance', 'final') }}
