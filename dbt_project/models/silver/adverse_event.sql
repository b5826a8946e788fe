-- One row per adverse event, actual or potential.
with sources as (
    {{ int_with_patient('adverse_event', ['fhir']) }}
),

coded as (
    select
        sources.*,
        {{ canonical_coding('sources.codings', ['http://www.nlm.nih.gov/research/umls/rxnorm', 'http://snomed.info/sct']) }} as canonical
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
        'patient_id', 'encounter_id', 'code_system', 'code', 'code_display', 'codings', 'actuality', 'category',
        'event_at', 'event_at_precision', 'recorded_date', 'seriousness', 'outcome',
        'practitioner_key', 'received',
    ], together=['code_system', 'code', 'codings', 'received']) }}
),

identified as (
    select
        *,
        {{ uuid_v5('AdverseEvent', "'key'", 'match_key') }} as adverse_event_id,
        {{ practitioner_id('practitioner_key') }} as practitioner_id
    from merged_versions
),

built as (
    select
        *,
        {{ fhir_object({
            'resourceType': fhir_constant('AdverseEvent'),
            'id': fhir_token('adverse_event_id'),
            'meta': fhir_meta(),
            'actuality': fhir_token('actuality'),
            'event': fhir_concept_of('codings', 'code_display'),
            'subject': fhir_subject(),
            'encounter': fhir_reference('Encounter', 'encounter_id'),
            'date': fhir_at('event_at', 'event_at_precision'),
            'recordedDate': fhir_on('recorded_date'),
            'recorder': fhir_reference('Practitioner', 'practitioner_id'),
        }) }} as built_json
    from identified
    {{ join_fhir_received('identified', 'AdverseEvent') }}
),

final as (
    select
        adverse_event_id,
        patient_id,
        encounter_id,
        code_system,
        code,
        code_display,
        codings,
        actuality,
        category,
        event_at,
        event_at_precision,
        recorded_date,
        seriousness,
        outcome,
        practitioner_id,
        {{ silver_provenance() }},
        {{ fhir_with_received('built_json', 'adverse_event_id') }} as fhir_json
    from built
)

select * from final
