-- noqa: disable=LT01
{{ config(materialized='view') }}
-- DG1 to Condition (encounter-diagnosis): DG1-3 code, DG1-5 when, DG1-6 how sure, DG1-16 who, DG1-21 deleted.
with segments as (
    -- Older senders say the coding system in DG1-2 and the words in DG1-4, which 2.3 deprecated.
    select
        * replace (
            case when diagnosis_code is not null then coalesce(diagnosis_system, coding_method) else diagnosis_system end as diagnosis_system,
            case when diagnosis_code is not null then coalesce(diagnosis_display, description) else diagnosis_display end as diagnosis_display
        )
    from {{ ref('stg_hl7v2__dg1') }}
),

final as (
    select
        segments.source_system,
        segments.feed,
        segments.source_record_id,
        segments.received_at,
        coalesce(segments.message_at, segments.received_at) as recorded_at,
        segments.record_index * 1000000 + segments.segment_index as record_order,
        persons.owner_authority as id_authority,
        persons.owner_value as id_value,
        visits.visit_number,
        visits.visit_namespace,
        {{ hl7_local_system('diagnosis') }} as local_system,
        {{ hl7_local_code('diagnosis') }} as local_code,
        case
            when segments.diagnosis_code is null and segments.diagnosis_display is null and segments.description is not null
                then [{'system': null::varchar, 'code': null::varchar, 'display': segments.description}]
            else {{ hl7_codings('diagnosis', 'segments.source_system') }}
        end as codings,
        segments.source_record_id || ':' || segments.segment_index as source_key,
        coalesce(visits.admit_date, segments.diagnosed_date, segments.message_at::date) as encounter_date,
        'encounter-diagnosis' as category,
        case when segments.action_code = 'D' then null else 'active' end as clinical_status,
        case
            when segments.action_code = 'D' then 'entered-in-error'
            when segments.diagnosis_type = 'F' then 'confirmed'
            when segments.diagnosis_type in ('A', 'W') then 'provisional'
            else 'confirmed'
        end as verification_status,
        coalesce(segments.diagnosed_date, segments.attested_date) as recorded_date,
        {{ hl7_practitioner_key('segments.clinicians[1]', 'segments.source_system') }} as practitioner_key,
        segments.priority as diagnosis_rank,
        segments.diagnosis_type as diagnosis_use,
        segments.diagnosed_at as onset_at,
        segments.diagnosed_at_precision as onset_at_precision,
        {{ fhir_object({
            'identifier': fhir_array([
                fhir_identifier(number_system('segments.diagnosis_namespace', 'diagnosis', 'segments.source_system'), 'segments.diagnosis_id'),
            ]),
            'recordedDate': fhir_at('segments.attested_at', 'segments.attested_at_precision'),
        }) }} as further,
        {{ hl7_null_columns('segments.null_fields', {
            '5': ['recorded_date', 'onset_at', 'onset_at_precision'],
            '16': ['practitioner_key'],
        }) }} as null_columns
    from segments
    left join {{ ref('int_hl7v2__persons') }} as persons
        on
            segments.file_sha256 = persons.file_sha256
            and segments.record_index = persons.record_index
            and segments.pid_index = persons.pid_index
    left join {{ ref('int_hl7v2__visits') }} as visits
        on
            segments.file_sha256 = visits.file_sha256
            and segments.record_index = visits.record_index
            and segments.pv1_index = visits.pv1_index
    where coalesce(segments.diagnosis_code, segments.diagnosis_alternate_code, segments.diagnosis_display, segments.description) is not null
)

{{ int_select('condition', 'final', absent=['onset_date', 'abatement_date'], nulls=true, further=true, own=[
    'diagnosis_rank', 'diagnosis_use', 'onset_at', 'onset_at_precision',
]) }}
