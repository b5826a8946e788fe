with keyed as not materialized (
    select * from {{ ref('int_condition_versions') }}
),

conditions as (
    {{ merged('keyed', [
        'patient_id', 'encounter_id', 'code_system', 'code', 'code_display', 'codings', 'category', 'clinical_status',
        'verification_status', 'onset_date', 'abatement_date', 'recorded_date', 'practitioner_key',
        'onset_at', 'onset_at_precision', 'further', 'received',
    ], together=['code_system', 'code', 'codings', 'verification_status'], nulls=true) }}
),

identified as (
    select
        *,
        {{ uuid_v5('Condition', "'key'", 'match_key') }} as condition_id,
        {{ practitioner_id('practitioner_key') }} as practitioner_id
    from conditions
),

-- What has abated is not active (con-4): its end is said with a status that allows it, whichever came last.
built as (
    select
        *,
        {{ fhir_object({
            'resourceType': fhir_constant('Condition'),
            'id': fhir_token('condition_id'),
            'meta': fhir_meta(),
            'clinicalStatus': "case when verification_status is distinct from 'entered-in-error' then " ~ fhir_codeable_concept("case when received is null or clinical_status is not null then 'http://terminology.hl7.org/CodeSystem/condition-clinical' end", "case when received is null then coalesce(clinical_status, 'active') else clinical_status end") ~ " end",
            'verificationStatus': "case when verification_status is not null then " ~ fhir_codeable_concept("'http://terminology.hl7.org/CodeSystem/condition-ver-status'", 'verification_status') ~ " end",
            'category': fhir_array([fhir_codeable_concept("'http://terminology.hl7.org/CodeSystem/condition-category'", 'category')]),
            'code': fhir_concept_of('codings', 'code_display'),
            'subject': fhir_subject(),
            'encounter': fhir_reference('Encounter', 'encounter_id'),
            'onsetDateTime': "coalesce(" ~ fhir_at('onset_at', 'onset_at_precision') ~ ", " ~ fhir_on('onset_date') ~ ", case when received is null and category = 'encounter-diagnosis' then " ~ fhir_on('recorded_date') ~ " end)",
            'abatementDateTime': "case when received is not null or clinical_status in ('inactive', 'resolved', 'remission') then " ~ fhir_on('abatement_date') ~ " end",
            'recordedDate': fhir_on('recorded_date'),
            'asserter': "case when received is null then " ~ fhir_reference('Practitioner', 'practitioner_id') ~ " end",
            'recorder': "case when received is not null then " ~ fhir_reference('Practitioner', 'practitioner_id') ~ " end",
        }) }} as built_json
    from identified
    {{ join_fhir_received('identified', 'Condition') }}
),

final as (
    select
        condition_id,
        patient_id,
        encounter_id,
        code_system,
        code,
        code_display,
        codings,
        category,
        case
            when verification_status = 'entered-in-error' then null
            -- A billed or charted diagnosis is one that is there; a resource that gives no status says no such thing.
            when received is null then coalesce(clinical_status, 'active')
            else clinical_status
        end as clinical_status,
        verification_status,
        onset_date,
        abatement_date,
        recorded_date,
        practitioner_id,
        {{ silver_provenance() }},
        {{ fhir_with_received(fhir_with_further('built_json'), 'condition_id', {'onsetDateTime': ['onsetAge', 'onsetPeriod', 'onsetRange', 'onsetString'],
            'abatementDateTime': ['abatementAge', 'abatementPeriod', 'abatementRange', 'abatementString']}) }} as fhir_json
    from built
)

select * from final
