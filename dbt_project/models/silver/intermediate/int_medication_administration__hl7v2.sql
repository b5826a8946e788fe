-- RXA to MedicationAdministration (RAS O17, and other messages than those of immunization registries): what was given
-- that is no vaccine. HL7's map of RXA speaks of Immunization alone: FHIR's element definitions, and the same
-- meaning of RXA-18, -20 and -21 as there.
with segments as (
    select * from {{ ref('stg_hl7v2__rxa') }}
    where
        not coalesce(upper(administered_system) in ('CVX', 'HL70292') or upper(administered_alternate_system) in ('CVX', 'HL70292'), false)
        and not regexp_matches(coalesce(message_type, ''), '^(VXU|VXR|RSP)')
),

routes as (
    select distinct on (file_sha256, record_index, rxa_index) *
    from {{ ref('stg_hl7v2__rxr') }}
    where rxa_index is not null
    order by file_sha256 asc, record_index asc, rxa_index asc, segment_index asc
),

orders as (
    select * from {{ ref('stg_hl7v2__orc') }}
),

final as (
    select
        {{ hl7_int_provenance() }},
        persons.owner_authority as id_authority,
        persons.owner_value as id_value,
        {{ hl7_local_system('segments.administered') }} as local_system,
        {{ hl7_local_code('segments.administered') }} as local_code,
        {{ hl7_codings('segments.administered', 'segments.source_system') }} as codings,
        concat_ws(
            '|',
            coalesce(orders.filler_order_number, orders.placer_order_number, segments.source_record_id || ':' || segments.segment_index),
            segments.administration_sub_id, segments.administered_code, segments.started_at
        ) as source_key,
        orders.placer_order_number as order_number,
        visits.visit_number,
        visits.visit_namespace,
        case
            when segments.action_code = 'D' then 'entered-in-error'
            when segments.completion_status in ('RE', 'NA') then 'not-done'
            else 'completed'
        end as status,
        segments.started_at,
        segments.started_at_precision,
        nullif(segments.ended_at, segments.started_at) as ended_at,
        segments.ended_at_precision,
        case
            when upper(segments.administered_system) = 'NDC' then segments.administered_code
            when upper(segments.administered_alternate_system) = 'NDC' then segments.administered_alternate_code
        end as ndc,
        case when segments.administered_amount not in (999, 0) then segments.administered_amount end as dose_quantity,
        segments.administered_unit as dose_unit,
        {{ hl7_codings('routes.route', 'segments.source_system') }} as route_codings,
        {{ hl7_codings('routes.site', 'segments.source_system') }} as site_codings,
        {{ hl7_codings('segments.refusal_reason', 'segments.source_system') }} as status_reason_codings,
        {{ hl7_codings('segments.indication', 'segments.source_system') }} as reason_codings,
        coalesce(segments.notes[1].display, segments.notes[1].code) as note,
        {{ hl7_practitioner_key('segments.administering_providers[1]', 'segments.source_system') }} as practitioner_key,
        list_concat(
            coalesce({{ hl7_null_columns('segments.null_fields', {
                '4': ['ended_at', 'ended_at_precision'], '6': ['dose_quantity'], '7': ['dose_unit'], '9': ['note'],
                '10': ['practitioner_key'], '18': ['status_reason_codings'], '19': ['reason_codings'],
            }) }}, []),
            coalesce({{ hl7_null_columns('routes.null_fields', {'1': ['route_codings'], '2': ['site_codings']}) }}, [])
        ) as null_columns
    from segments
    {{ hl7_join_person() }}
    {{ hl7_join_visit() }}
    {{ hl7_join_segment('orders', 'orders', 'segments.orc_index') }}
    {{ hl7_join_segment('routes', 'routes', 'segments.segment_index', column='rxa_index') }}
    where coalesce(
        segments.administered_code, segments.administered_display, segments.administered_alternate_code,
        segments.administered_alternate_display
    ) is not null
)

{{ int_select('medication_administration', 'final', absent=['dosage_text'], nulls=true) }}
