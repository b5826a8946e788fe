-- noqa: disable=LT02
with sources as (
    {{ int_with_patient('medication_administration', ['hl7v2', 'fhir']) }}
),

coded as (
    select
        sources.*,
        {{ canonical_coding('sources.codings', ['http://www.nlm.nih.gov/research/umls/rxnorm']) }} as own_coding
    from sources
    {{ join_code_map('sources') }}
),

orders as (
    select
        patient_id,
        order_number,
        min(medication_request_id) as medication_request_id
    from {{ ref('int_medication_request_versions') }}
    where patient_id is not null and order_number is not null
    group by patient_id, order_number
),

versions as not materialized (
    select
        coded.*,
        visits.encounter_id,
        orders.medication_request_id,
        concat_ws(chr(31), 'source', coded.source_system, source_key) as match_key,
        0 as lead_order
    from coded
    {{ join_encounter('coded') }}
    left join orders on coded.patient_id = orders.patient_id and coded.order_number = orders.order_number
),

administrations as (
    {{ merged('versions', [
        'patient_id', 'encounter_id', 'medication_request_id', 'own_coding', 'codings', 'ndc', 'status', 'started_at',
        'started_at_precision', 'ended_at', 'ended_at_precision', 'dose_quantity', 'dose_unit', 'route_codings', 'site_codings',
        'dosage_text', 'status_reason_codings', 'reason_codings', 'note', 'practitioner_key', 'received',
    ], together=['own_coding', 'codings', 'started_at', 'started_at_precision', 'received'], nulls=true) }}
),

products as (
    select * from {{ ref('int_ndc') }}
),

mapped as (
    select
        administrations.* exclude (own_coding),
        {{ drug_coding('administrations') }} as canonical,
        -- Its eleven digits where they are certain, else as it was written.
        coalesce(products.ndc_11, administrations.ndc) as ndc_11,
        products.ndc_status,
        {{ uuid_v5('MedicationAdministration', "'key'", 'match_key') }} as medication_administration_id,
        {{ practitioner_id('practitioner_key') }} as practitioner_id,
        coalesce(spellings.unit, administrations.dose_unit) as ucum
    from administrations
    {{ join_unit_spellings('administrations.dose_unit') }}
    left join products on administrations.ndc = products.ndc_text
),

identified as (
    select
        * exclude (codings),
        canonical."system" as code_system,
        canonical.code as code,
        canonical.display as code_display,
        {{ with_canonical('canonical', 'codings') }} as codings
    from {{ displayed('mapped') }} as mapped
),

built as (
    select
        *,
        {{ fhir_object({
            'resourceType': fhir_constant('MedicationAdministration'),
            'id': fhir_token('medication_administration_id'),
            'meta': fhir_meta(),
            'status': fhir_token('status'),
            'statusReason': fhir_array([fhir_concept_of('status_reason_codings', 'status_reason_codings[1].display')]),
            'medicationCodeableConcept': "coalesce(" ~ fhir_concept_of('codings', 'code_display') ~ ", '{\"text\":\"unknown\"}')",
            'subject': fhir_subject(),
            'context': fhir_reference('Encounter', 'encounter_id'),
            'effectiveDateTime': "case when ended_at is null then coalesce(" ~ fhir_at('started_at', 'started_at_precision') ~ ", " ~ fhir_at('recorded_at') ~ ") end",
            'effectivePeriod': "case when ended_at is not null then " ~ fhir_period('started_at', 'ended_at', 'started_at_precision', 'ended_at_precision') ~ " end",
            'performer': fhir_array([fhir_object({'actor': fhir_reference('Practitioner', 'practitioner_id')})]),
            'reasonCode': fhir_array([fhir_concept_of('reason_codings', 'reason_codings[1].display')]),
            'request': fhir_reference('MedicationRequest', 'medication_request_id'),
            'note': fhir_array([fhir_object({'text': fhir_string('note')})]),
            'dosage': fhir_object({
                'text': fhir_string('dosage_text'),
                'site': fhir_concept_of('site_codings', 'site_codings[1].display'),
                'route': fhir_concept_of('route_codings', 'route_codings[1].display'),
                'dose': fhir_quantity('dose_quantity', 'dose_unit', code='case when ' ~ is_ucum('ucum') ~ ' then ucum end'),
            }),
        }) }} as built_json
    from identified
    {{ join_fhir_received('identified', 'MedicationAdministration') }}
),

final as (
    select
        medication_administration_id,
        patient_id,
        encounter_id,
        medication_request_id,
        code_system,
        code,
        code_display,
        codings,
        ndc_11 as ndc,
        ndc_status,
        status,
        started_at,
        started_at_precision,
        ended_at,
        dose_quantity,
        dose_unit,
        route_codings,
        site_codings,
        dosage_text,
        status_reason_codings,
        reason_codings,
        note,
        practitioner_id,
        {{ silver_provenance() }},
        {{ fhir_with_received('built_json', 'medication_administration_id', {'effectiveDateTime': ['effectivePeriod'], 'medicationCodeableConcept': ['medicationReference']}) }} as fhir_json
    from built
)

select * from final
