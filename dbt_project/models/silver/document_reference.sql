-- noqa: disable=LT02
-- A document is its number under its authority (else within the person); without a number, the source's own key.
with sources as (
    {{ int_with_patient('document_reference', ['hl7v2', 'fhir']) }}
),

coded as (
    select
        sources.*,
        {{ canonical_coding('sources.codings', ['http://loinc.org']) }} as canonical
    from sources
    {{ join_code_map('sources') }}
),

keyed as not materialized (
    select
        coded.* exclude (canonical) replace ({{ with_canonical('canonical', 'codings') }} as codings),
        visits.encounter_id,
        canonical."system" as code_system,
        canonical.code as code,
        canonical.display as code_display,
        case
            when document_number is not null
                then concat_ws(chr(31), 'document', coalesce({{ namespace_key('document_namespace') }}, {{ person_scope('coded.') }}), document_number)
            else concat_ws(chr(31), 'source', coded.source_system, source_key)
        end as match_key,
        case
            when parent_number is not null
                then concat_ws(chr(31), 'document', coalesce({{ namespace_key('coalesce(parent_namespace, document_namespace)') }}, {{ person_scope('coded.') }}), parent_number)
        end as parent_key,
        0 as lead_order
    from {{ displayed('coded') }} as coded
    {{ join_encounter('coded') }}
),

documents as (
    {{ merged('keyed', [
        'patient_id', 'encounter_id', 'document_number', 'document_namespace', 'parent_number', 'parent_namespace', 'parent_key',
        'relation', 'placer_order_number', 'placer_namespace', 'filler_order_number', 'filler_namespace', 'report_source_key',
        'code_system', 'code', 'code_display', 'codings', 'category', 'status', 'doc_status', 'documented_at', 'period_start_at',
        'period_start_at_precision', 'author_key', 'authenticator_key', 'title', 'file_name', 'security_code', 'contents', 'received',
    ]) }}
),

-- What another document has taken the place of is superseded, whichever of them arrived first.
replaced as (
    select distinct parent_key
    from documents
    where relation = 'replaces' and status is distinct from 'entered-in-error'
),

identified as (
    select
        documents.* exclude (status),
        case
            when replaced.parent_key is not null and coalesce(documents.status, 'current') = 'current' then 'superseded'
            else coalesce(documents.status, 'current')
        end as status,
        parents.match_key is not null as is_parent_known,
        reports.diagnostic_report_id,
        {{ uuid_v5('DocumentReference', "'key'", 'documents.match_key') }} as document_reference_id,
        {{ uuid_v5('DocumentReference', "'key'", 'parents.match_key') }} as parent_document_reference_id,
        {{ practitioner_id('documents.author_key') }} as practitioner_id,
        {{ practitioner_id('documents.authenticator_key') }} as authenticator_id
    from documents
    left join replaced on documents.match_key = replaced.parent_key
    left join documents as parents on documents.parent_key = parents.match_key
    left join {{ ref('int_diagnostic_report_keys') }} as reports
        on documents.source_system = reports.source_system and documents.report_source_key = reports.report_source_key
),

built as (
    select
        *,
        {{ fhir_object({
            'resourceType': fhir_constant('DocumentReference'),
            'id': fhir_token('document_reference_id'),
            'meta': fhir_meta(),
            'masterIdentifier': fhir_identifier(number_system('document_namespace', 'document'), 'document_number'),
            'identifier': fhir_array([
                fhir_identifier(number_system('filler_namespace', 'accession'), 'filler_order_number', "'FILL'"),
                fhir_identifier(number_system('placer_namespace', 'order'), 'placer_order_number', "'PLAC'"),
            ]),
            'status': fhir_token('status'),
            'docStatus': fhir_token('doc_status'),
            'type': fhir_concept_of('codings', 'code_display'),
            'category': "case when category is not null then " ~ fhir_array([fhir_codeable_concept("'http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category'", 'category')]) ~ " end",
            'subject': fhir_reference('Patient', 'patient_id'),
            'date': fhir_at('documented_at'),
            'author': fhir_array([fhir_reference('Practitioner', 'practitioner_id')]),
            'authenticator': fhir_reference('Practitioner', 'authenticator_id'),
            'relatesTo': "case when relation in ('replaces', 'appends', 'transforms', 'signs') and parent_number is not null then " ~ fhir_array([fhir_object({
                'code': fhir_token('relation'),
                'target': "coalesce(" ~ fhir_reference('DocumentReference', 'parent_document_reference_id') ~ ", " ~ fhir_object({
                    'identifier': fhir_identifier(number_system('coalesce(parent_namespace, document_namespace)', 'document'), 'parent_number'),
                }) ~ ")",
            })]) ~ " end",
            'description': fhir_string('coalesce(title, file_name)'),
            'securityLabel': "case when security_code is not null then " ~ fhir_array([fhir_codeable_concept("'http://terminology.hl7.org/CodeSystem/v2-0272'", 'security_code')]) ~ " end",
            'content': "coalesce(" ~ fhir_list("list_transform(contents, lambda content: " ~ fhir_object({'attachment': fhir_attachment('content')}) ~ ")") ~ ", '[{\"attachment\":{\"title\":\"not sent\"}}]')",
            'context': fhir_object({
                'encounter': fhir_array([fhir_reference('Encounter', 'encounter_id')]),
                'period': fhir_object({'start': fhir_at('period_start_at', 'period_start_at_precision')}),
                'related': fhir_array([fhir_reference('DiagnosticReport', 'diagnostic_report_id')]),
            }),
        }) }} as built_json
    from identified
    {{ join_fhir_received('identified', 'DocumentReference') }}
),

final as (
    select
        document_reference_id,
        patient_id,
        encounter_id,
        document_number,
        code_system,
        code,
        code_display,
        codings,
        category,
        status,
        doc_status,
        documented_at,
        period_start_at,
        practitioner_id,
        authenticator_id,
        title,
        file_name,
        security_code,
        relation,
        parent_number as parent_document_number,
        parent_document_reference_id,
        placer_order_number,
        filler_order_number,
        diagnostic_report_id,
        contents,
        {{ silver_provenance() }},
        {{ fhir_with_received('built_json', 'document_reference_id') }} as fhir_json
    from built
)

select * from final
