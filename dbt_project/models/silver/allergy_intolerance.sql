with keyed as not materialized (
    select * from {{ ref('int_allergy_intolerance_versions') }}
),

allergies as (
    {{ merged('keyed', [
        'patient_id', 'code_system', 'code', 'code_display', 'codings', 'type', 'category', 'criticality', 'clinical_status',
        'verification_status', 'reaction_text', 'reaction_severity', 'onset_date', 'recorded_date',
        'received',
    ], together=['code_system', 'code', 'codings', 'clinical_status', 'verification_status'], nulls=true) }}
),

identified as (
    select *, {{ uuid_v5('AllergyIntolerance', "'key'", 'match_key') }} as allergy_intolerance_id
    from allergies
),

built as (
    select
        *,
        {{ fhir_object({
            'resourceType': fhir_constant('AllergyIntolerance'),
            'id': fhir_token('allergy_intolerance_id'),
            'meta': fhir_meta(),
            'clinicalStatus': "case when clinical_status is not null and verification_status is distinct from 'entered-in-error' then " ~ fhir_codeable_concept("'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical'", 'clinical_status') ~ " end",
            'verificationStatus': "case when verification_status is not null then " ~ fhir_codeable_concept("'http://terminology.hl7.org/CodeSystem/allergyintolerance-verification'", 'verification_status') ~ " end",
            'type': fhir_token('type'),
            'category': fhir_array([fhir_token('category')]),
            'criticality': fhir_token('criticality'),
            'code': fhir_concept_of('codings', 'code_display'),
            'patient': fhir_subject(),
            'onsetDateTime': fhir_on('onset_date'),
            'recordedDate': fhir_on('recorded_date'),
            'reaction': fhir_array(["case when reaction_text is not null then " ~ fhir_object({
                'manifestation': fhir_list("list_transform(string_split(reaction_text, '; '), lambda manifestation: " ~ fhir_object({'text': fhir_string('manifestation')}) ~ ")"),
                'severity': fhir_token('reaction_severity'),
            }) ~ " end"]),
        }) }} as built_json
    from identified
    {{ join_fhir_received('identified', 'AllergyIntolerance') }}
),

final as (
    select
        allergy_intolerance_id,
        patient_id,
        code_system,
        code,
        code_display,
        codings,
        type,
        category,
        criticality,
        clinical_status,
        verification_status,
        reaction_text,
        reaction_severity,
        onset_date,
        recorded_date,
        {{ silver_provenance() }},
        {{ fhir_with_received('built_json', 'allergy_intolerance_id', {'onsetDateTime': ['onsetAge', 'onsetPeriod', 'onsetRange', 'onsetString']}) }} as fhir_json
    from built
)

select * from final
