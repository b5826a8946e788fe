-- One row per order of a device, and per decision that one is not to be ordered.
with sources as (
    {{ int_with_patient('device_request', ['fhir']) }}
),

coded as (
    select
        sources.*,
        {{ canonical_coding('sources.codings', ['http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets', 'http://snomed.info/sct']) }} as canonical
    from sources
    {{ join_code_map('sources') }}
),

versions as not materialized (
    select
        coded.* replace ({{ with_canonical('canonical', 'codings') }} as codings),
        visits.encounter_id,
        canonical."system" as code_system,
        canonical.code as code,
        canonical.display as code_display,
        concat_ws(chr(31), 'source', coded.source_system, source_key) as match_key,
        0 as lead_order
    from {{ displayed('coded') }} as coded
    {{ join_encounter('coded') }}
),

merged_versions as (
    {{ merged('versions', [
        'patient_id', 'encounter_id', 'code_system', 'code', 'code_display', 'codings', 'status', 'intent',
        'priority', 'is_prohibited', 'authored_at', 'authored_at_precision',
        'practitioner_key', 'received',
    ], together=['code_system', 'code', 'codings', 'received']) }}
),

identified as (
    select
        *,
        {{ uuid_v5('DeviceRequest', "'key'", 'match_key') }} as device_request_id,
        {{ practitioner_id('practitioner_key') }} as practitioner_id
    from merged_versions
),

built as (
    select
        *,
        {{ fhir_object({
            'resourceType': fhir_constant('DeviceRequest'),
            'id': fhir_token('device_request_id'),
            'meta': fhir_meta(),
            'status': "coalesce(" ~ fhir_token('status') ~ ", '\"unknown\"')",
            'intent': "coalesce(" ~ fhir_token('intent') ~ ", '\"order\"')",
            'priority': fhir_token('priority'),
            'codeCodeableConcept': "coalesce(" ~ fhir_concept_of('codings', 'code_display') ~ ", '{\"text\":\"unknown\"}')",
            'subject': fhir_subject(),
            'encounter': fhir_reference('Encounter', 'encounter_id'),
            'authoredOn': fhir_at('authored_at', 'authored_at_precision'),
            'requester': fhir_reference('Practitioner', 'practitioner_id'),
        }) }} as built_json
    from identified
    {{ join_fhir_received('identified', 'DeviceRequest') }}
),

final as (
    select
        device_request_id,
        patient_id,
        encounter_id,
        code_system,
        code,
        code_display,
        codings,
        coalesce(status, 'unknown') as status,
        coalesce(intent, 'order') as intent,
        priority,
        is_prohibited,
        authored_at,
        authored_at_precision,
        practitioner_id,
        {{ silver_provenance() }},
        {{ fhir_with_received('built_json', 'device_request_id', {'codeCodeableConcept': ['codeReference']}) }} as fhir_json
    from built
)

select * from final
