-- noqa: disable=LT01, LT02
{{ config(materialized='view') }}
-- PR1 to Procedure: PR1-3 code, PR1-5 when, PR1-11/12 who, PR1-20 deleted.
with segments as (
    -- Older senders say the coding system in PR1-2 and the words in PR1-4, which 2.3 deprecated.
    select
        * replace (
            case when procedure_code is not null then coalesce(procedure_system, coding_method) else procedure_system end as procedure_system,
            case when procedure_code is not null then coalesce(procedure_display, description) else procedure_display end as procedure_display
        )
    from {{ ref('stg_hl7v2__pr1') }}
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
        {{ hl7_local_system('procedure') }} as local_system,
        {{ hl7_local_code('procedure') }} as local_code,
        case
            when segments.procedure_code is null and segments.procedure_display is null and segments.description is not null
                then [{'system': null::varchar, 'code': null::varchar, 'display': segments.description}]
            else {{ hl7_codings('procedure', 'segments.source_system') }}
        end as codings,
        segments.source_record_id || ':' || segments.segment_index as source_key,
        case when segments.action_code = 'D' then 'entered-in-error' else 'completed' end as status,
        segments.performed_at,
        segments.performed_at_precision,
        case
            when segments.minutes > 0 and segments.performed_at_precision in ('minute', 'second')
                then segments.performed_at + to_minutes(segments.minutes::bigint)
        end as performed_end_at,
        coalesce(segments.performed_date, visits.admit_date) as performed_date,
        {{ hl7_practitioner_key('coalesce(segments.surgeons, segments.practitioners)[1]', 'segments.source_system') }} as practitioner_key,
        -- What they did, by HL7's map: SNOMED CT anaesthetist, surgeon.
        nullif(list_filter(list_concat(
            {%- for column, function in [('anesthesiologists', "'88189002'"), ('surgeons', "'304292004'"), ('practitioners', 'null::varchar')] %}
            list_transform(
                coalesce(segments.{{ column }}, []),
                lambda person: {
                    'function': {{ function }},
                    'practitioner_key': {{ hl7_practitioner_key('person', 'segments.source_system') }}
                }
            ){{ ',' if not loop.last }}
            {%- endfor %}
        ), lambda performer: performer.practitioner_key is not null), []) as performers,
        {{ hl7_value_codings('segments.category', 'segments.source_system', table='HL70230') }} as category_codings,
        {{ hl7_value_codings('segments.reasons[1]', 'segments.source_system') }} as reason_codings,
        segments.procedure_id as procedure_number,
        segments.procedure_namespace,
        {{ hl7_null_columns('segments.null_fields', {
            '5': ['performed_at', 'performed_at_precision', 'performed_end_at'],
            '6': ['category_codings'],
            '7': ['performed_end_at'],
            '8': ['performers'],
            '11': ['practitioner_key', 'performers'],
            '12': ['practitioner_key', 'performers'],
            '15': ['reason_codings'],
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
    where coalesce(segments.procedure_code, segments.procedure_alternate_code, segments.procedure_display, segments.description) is not null
)

{{ int_select('procedure', 'final', nulls=true, own=[
    'performers', 'performed_end_at', 'category_codings', 'procedure_number', 'procedure_namespace',
]) }}
