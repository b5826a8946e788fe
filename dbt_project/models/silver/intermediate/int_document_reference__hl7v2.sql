-- noqa: disable=LT01
{{ config(materialized='view') }}
-- TXA and OBX to DocumentReference (MDM T01 to T11; HL7's Version 2 to FHIR, segments TXA, OBX), and results that are
-- documents (ORU, OBX of type ED or RP). The event says what became of a document (chapter 9): T05 and T06 append to
-- their parent, T09 and T10 replace it, T11 takes it back.
with documents as (
    select
        *,
        split_part(message_type, '^', 2) as event,
        lead(segment_index) over (partition by file_sha256, record_index order by segment_index) as next_index
    from {{ ref('stg_hl7v2__txa') }}
),

observations as (
    select
        *,
        string_split(value_raw, '^') as parts
    from {{ ref('stg_hl7v2__obx') }}
    where message_type like 'MDM%' or value_type in ('ED', 'RP')
),

-- The text of a document is one attachment, whatever the number of OBX it took.
texts as (
    select
        documents.file_sha256,
        documents.record_index,
        documents.segment_index,
        {{ text_in_order('coalesce(observations.value_text, observations.value_raw)', 'chr(10)', 'observations.segment_index') }}
            as document_text
    from documents
    inner join observations
        on documents.file_sha256 = observations.file_sha256 and documents.record_index = observations.record_index
    where
        coalesce(observations.value_type, 'TX') not in ('ED', 'RP')
        and observations.segment_index > documents.segment_index
        and observations.segment_index < coalesce(documents.next_index, 1000000)
    group by documents.file_sha256, documents.record_index, documents.segment_index
),

attachments as (
    select
        documents.file_sha256,
        documents.record_index,
        documents.segment_index,
        {{ list_in_order(
            hl7_attachment('observations.value_type', 'observations.parts', 'coalesce(documents.title, observations.observation_display)'),
            'observations.segment_index'
        ) }} as contents
    from documents
    inner join observations
        on documents.file_sha256 = observations.file_sha256 and documents.record_index = observations.record_index
    where
        observations.value_type in ('ED', 'RP')
        and observations.segment_index > documents.segment_index
        and observations.segment_index < coalesce(documents.next_index, 1000000)
    group by documents.file_sha256, documents.record_index, documents.segment_index
),

of_messages as (
    select
        {{ hl7_int_provenance('documents') }},
        documents.file_sha256,
        documents.record_index,
        documents.pid_index,
        documents.pv1_index,
        documents.document_type as type_code,
        documents.document_type_display as type_display,
        coalesce(documents.document_type_system, 'HL70270') as type_system,
        documents.document_type_alternate_code as type_alternate_code,
        documents.document_type_alternate_display as type_alternate_display,
        documents.document_type_alternate_system as type_alternate_system,
        documents.source_record_id || ':' || documents.segment_index as source_key,
        documents.document_number,
        upper(documents.document_namespace) as document_namespace,
        nullif(documents.parent_document_number, documents.document_number) as parent_number,
        upper(documents.parent_document_namespace) as parent_namespace,
        case
            when nullif(documents.parent_document_number, documents.document_number) is not null
                then case when documents.event in ('T07', 'T08', 'T09', 'T10') then 'replaces' else 'appends' end
        end as relation,
        documents.placer_order_number,
        upper(documents.placer_namespace) as placer_namespace,
        documents.filler_order_number,
        upper(documents.filler_namespace) as filler_namespace,
        null::varchar as report_source_key,
        'clinical-note' as category,
        case
            when documents.event = 'T11' or documents.availability_status = 'CA' then 'entered-in-error'
            when documents.availability_status = 'OB' then 'superseded'
            when documents.availability_status in ('AV', 'UN') or documents.event not in ('T03', 'T04') then 'current'
        end as status,
        case
            when documents.completion_status in ('AU', 'LA') and documents.event in ('T07', 'T08') then 'amended'
            when documents.completion_status in ('AU', 'LA') then 'final'
            when documents.completion_status in ('DI', 'DO', 'IN', 'IP', 'PA') then 'preliminary'
        end as doc_status,
        coalesce(documents.originated_at, documents.transcribed_at, documents.edited_at) as documented_at,
        documents.activity_at as period_start_at,
        documents.activity_at_precision as period_start_at_precision,
        {{ hl7_practitioner_key('coalesce(documents.originators, documents.primary_providers)[1]', 'documents.source_system') }} as author_key,
        {{ hl7_practitioner_key('coalesce(documents.authenticators, documents.assigned_authenticators)[1]', 'documents.source_system') }} as authenticator_key,
        documents.title,
        documents.file_name,
        documents.confidentiality_status as security_code,
        list_concat(
            case
                when texts.document_text is not null
                    then [{'content_type': 'text/plain', 'data': {{ fhir_text_data('texts.document_text') }}, 'url': null::varchar, 'title': documents.title}]
            end,
            attachments.contents
        ) as contents
    from documents
    {{ hl7_join_segment('texts', 'texts', 'documents.segment_index', relation='documents') }}
    {{ hl7_join_segment('attachments', 'attachments', 'documents.segment_index', relation='documents') }}
),

of_results as (
    select
        observations.source_system,
        observations.feed,
        observations.file_sha256 || ':' || observations.record_index as source_record_id,
        observations.received_at,
        coalesce(observations.message_at, observations.received_at) as recorded_at,
        observations.record_index * 1000000 + observations.segment_index as record_order,
        observations.file_sha256,
        observations.record_index,
        observations.pid_index,
        observations.pv1_index,
        observations.observation_code as type_code,
        observations.observation_display as type_display,
        observations.observation_system as type_system,
        observations.observation_alternate_code as type_alternate_code,
        observations.observation_alternate_display as type_alternate_display,
        observations.observation_alternate_system as type_alternate_system,
        concat_ws(
            '|', coalesce(orders.filler_order_number, orders.placer_order_number, observations.file_sha256 || ':' || observations.record_index),
            coalesce(observations.observation_code, observations.observation_display, ''), coalesce(observations.sub_id, '')
        ) as source_key,
        case when orders.segment_index is not null then {{ hl7_report_key('orders', none) }} end as report_source_key,
        case
            when observations.result_status in ('D', 'W') then 'entered-in-error'
            else 'current'
        end as status,
        case
            when observations.result_status in ('F', 'U') then 'final'
            when observations.result_status = 'C' then 'amended'
            when observations.result_status in ('P', 'R', 'S', 'B') then 'preliminary'
        end as doc_status,
        coalesce(observations.observed_at, orders.observed_at, observations.message_at) as documented_at,
        [{{ hl7_attachment('observations.value_type', 'observations.parts', 'observations.observation_display') }}] as contents
    from observations
    left join {{ ref('stg_hl7v2__obr') }} as orders
        on
            observations.file_sha256 = orders.file_sha256
            and observations.record_index = orders.record_index
            and observations.obr_index = orders.segment_index
    where observations.message_type not like 'MDM%'
),

segments as (
    select * from of_messages
    union all by name
    select * from of_results
),

final as (
    select
        segments.*,
        persons.owner_authority as id_authority,
        persons.owner_value as id_value,
        visits.visit_number,
        visits.visit_namespace,
        {{ hl7_local_system('segments.type') }} as local_system,
        {{ hl7_local_code('segments.type') }} as local_code,
        {{ hl7_codings('segments.type', 'segments.source_system') }} as codings
    from segments
    {{ hl7_join_person() }}
    {{ hl7_join_visit() }}
)

{{ int_select('document_reference', 'final') }}
