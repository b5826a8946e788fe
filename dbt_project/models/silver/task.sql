-- One row per task, with the order that it is about: whether somebody took it up, or refused.
with sources as (
    {{ int_with_patient('task', ['fhir']) }}
),

coded as (
    select
        sources.*,
        {{ canonical_coding('sources.codings', ['http://hl7.org/fhir/CodeSystem/task-code']) }} as canonical
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
        'priority', 'authored_at', 'authored_at_precision', 'focus_record_id',
        'practitioner_key', 'received',
    ], together=['code_system', 'code', 'codings', 'received']) }}
),

orders as (
    select
        medication_request_id as focus_id,
        'MedicationRequest' as focus_type,
        unnest(source_record_ids) as focus_record_id
    from {{ ref('medication_request') }}
    union all
    select
        service_request_id as focus_id,
        'ServiceRequest' as focus_type,
        unnest(source_record_ids) as focus_record_id
    from {{ ref('service_request') }}
),

identified as (
    select
        merged_versions.*,
        orders.focus_id,
        orders.focus_type,
        {{ uuid_v5('Task', "'key'", 'match_key') }} as task_id,
        {{ practitioner_id('practitioner_key') }} as practitioner_id
    from merged_versions
    left join orders on merged_versions.focus_record_id = orders.focus_record_id
),

built as (
    select
        *,
        {{ fhir_object({
            'resourceType': fhir_constant('Task'),
            'id': fhir_token('task_id'),
            'meta': fhir_meta(),
            'status': fhir_token('status'),
            'intent': "coalesce(" ~ fhir_token('intent') ~ ", '\"unknown\"')",
            'priority': fhir_token('priority'),
            'code': fhir_concept_of('codings', 'code_display'),
            'focus': "case when focus_id is not null then '{\"reference\":\"' || focus_type || '/' || focus_id || '\"}' end",
            'for': fhir_subject(),
            'encounter': fhir_reference('Encounter', 'encounter_id'),
            'authoredOn': fhir_at('authored_at', 'authored_at_precision'),
            'requester': fhir_reference('Practitioner', 'practitioner_id'),
        }) }} as built_json
    from identified
    {{ join_fhir_received('identified', 'Task') }}
),

final as (
    select
        task_id,
        patient_id,
        encounter_id,
        code_system,
        code,
        code_display,
        codings,
        status,
        coalesce(intent, 'unknown') as intent,
        priority,
        authored_at,
        authored_at_precision,
        focus_type,
        focus_id,
        practitioner_id,
        {{ silver_provenance() }},
        {{ fhir_with_received('built_json', 'task_id') }} as fhir_json
    from built
)

select * from final
