-- noqa: disable=LT02
{{ config(materialized='view') }}
-- OBR of a result message to DiagnosticReport by HL7's Version 2 to FHIR (ORU_R01). Status by table 0123.
with segments as (
    select * from {{ ref('stg_hl7v2__obr') }}
    where message_type like 'ORU%' or message_type like 'OUL%'
),

orders as (
    select * from {{ ref('stg_hl7v2__orc') }}
),

notes as (
    {{ hl7_notes() }}
),

conclusions as (
    {{ hl7_conclusions() }}
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
        {{ hl7_local_system('segments.service') }} as local_system,
        {{ hl7_local_code('segments.service') }} as local_code,
        {{ hl7_codings('segments.service', 'segments.source_system') }} as codings,
        {{ hl7_report_key('segments', 'persons') }} as source_key,
        coalesce(segments.filler_order_number, orders.filler_order_number) as filler_order_number,
        upper(coalesce(segments.filler_namespace, orders.filler_namespace)) as filler_namespace,
        coalesce(segments.placer_order_number, orders.placer_order_number) as placer_order_number,
        upper(coalesce(segments.placer_namespace, orders.placer_namespace)) as placer_namespace,
        coalesce(segments.diagnostic_service, 'LAB') as category,
        case segments.result_status
            when 'F' then 'final'
            when 'C' then 'corrected'
            when 'P' then 'preliminary'
            when 'A' then 'partial'
            when 'R' then 'partial'
            when 'M' then 'partial'
            when 'X' then 'cancelled'
            when 'I' then 'registered'
            when 'O' then 'registered'
            when 'S' then 'registered'
            else 'unknown'
        end as status,
        segments.observed_at as effective_at,
        segments.observed_at_precision as effective_at_precision,
        case when segments.observation_ended_at > segments.observed_at then segments.observation_ended_at end as effective_end_at,
        segments.observation_ended_at_precision as effective_end_at_precision,
        coalesce(segments.reported_at, segments.message_at) as issued_at,
        {{ hl7_practitioner_key('segments.principal_interpreters[1]', 'segments.source_system') }} as practitioner_key,
        list_filter(
            list_transform(segments.principal_interpreters, lambda person: {
                'role': null::varchar, 'practitioner_key': {{ hl7_practitioner_key('person', 'segments.source_system') }}
            }),
            lambda interpreter: interpreter.practitioner_key is not null
        ) as interpreters,
        -- Who carried it out and who wrote it down (OBR-34, -35).
        case
            when coalesce(segments.technicians, segments.transcriptionists) is not null
                then list_filter(
                    list_concat(
                        {%- for column, role in [('technicians', 'SPRF'), ('transcriptionists', 'TRANS')] %}
                        list_transform(coalesce(segments.{{ column }}, []), lambda person: {
                            'role': '{{ role }}', 'practitioner_key': {{ hl7_practitioner_key('person', 'segments.source_system') }}
                        }){{ ',' if not loop.last }}
                        {%- endfor %}
                    ),
                    lambda one: one.practitioner_key is not null
                )
        end as doers,
        notes.note,
        conclusions.conclusion
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
    left join orders
        on
            segments.file_sha256 = orders.file_sha256
            and segments.record_index = orders.record_index
            and segments.orc_index = orders.segment_index
    {{ hl7_join_segment('notes', 'notes', 'segments.segment_index', column='parent_index') }}
    {{ hl7_join_segment('conclusions', 'conclusions', 'segments.segment_index', column='obr_index') }}
)

{{ int_select('diagnostic_report', 'final', absent=['organization_key'], own=[
    'effective_end_at', 'effective_end_at_precision', 'interpreters', 'conclusion', 'doers',
]) }}
