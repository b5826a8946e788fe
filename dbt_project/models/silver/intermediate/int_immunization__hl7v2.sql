-- RXA to Immunization by HL7's Version 2 to FHIR (VXU_V04, segment RXA): only what is coded in CVX; 998 says
-- that nothing was given. A registry's message (VXU, RSP) speaks of vaccines, whatever they are coded in. RXA-9 `00` is a new record, told by who gave it; RXA-20 and 21 give the status.
with segments as (
    select * from {{ ref('stg_hl7v2__rxa') }}
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

vaccines as (
    select
        *,
        case
            when upper(administered_system) in ('CVX', 'HL70292') then administered_code
            when upper(administered_alternate_system) in ('CVX', 'HL70292') then administered_alternate_code
        end as cvx_code,
        case
            when upper(administered_system) in ('CVX', 'HL70292') then administered_display
            when upper(administered_alternate_system) in ('CVX', 'HL70292') then administered_alternate_display
        end as cvx_display
    from segments
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
        {{ hl7_local_system('administered') }} as local_system,
        {{ hl7_local_code('administered') }} as local_code,
        {{ hl7_codings('administered', 'segments.source_system') }} as codings,
        segments.source_record_id || ':' || segments.segment_index as source_key,
        case when length(segments.cvx_code) = 1 then '0' || segments.cvx_code else segments.cvx_code end as cvx_code,
        segments.cvx_display,
        segments.started_date as occurrence_date,
        segments.started_at as occurrence_at,
        segments.started_at_precision as occurrence_at_precision,
        case
            when segments.action_code = 'D' then 'entered-in-error'
            when segments.completion_status in ('RE', 'NA') then 'not-done'
            else 'completed'
        end as status,
        coalesce(segments.refusal_reason_display, segments.refusal_reason_code) as status_reason,
        segments.lot_number,
        segments.expiration_date,
        segments.manufacturer,
        coalesce(routes.site_display, routes.site_code) as site,
        coalesce(routes.route_display, routes.route_code) as route,
        case when segments.administered_amount not in (999, 0) then segments.administered_amount end as dose_quantity,
        segments.administered_unit as dose_unit,
        coalesce(segments.notes[1].code, '00') = '00' as primary_source,
        {{ hl7_practitioner_key('segments.administering_providers[1]', 'segments.source_system') }} as practitioner_key,
        {{ organization_key('null', 'segments.source_system', 'segments.location.facility', 'null::varchar') }} as organization_key,
        {{ location_key('segments.source_system', 'segments.location.facility', 'segments.location.point_of_care') }} as location_key,
        {{ hl7_codings('routes.site', 'segments.source_system') }} as site_codings,
        {{ hl7_codings('routes.route', 'segments.source_system') }} as route_codings,
        {{ hl7_codings('segments.refusal_reason', 'segments.source_system') }} as status_reason_codings,
        {{ hl7_codings('segments.indication', 'segments.source_system') }} as reason_codings,
        {{ hl7_value_codings('segments.notes[1]', 'segments.source_system') }} as report_origin_codings,
        -- RXA-22 is when it was entered only where it was added (RXA-21 A, which is meant where nothing is said).
        case when coalesce(segments.action_code, 'A') = 'A' then segments.entered_at end as entered_at,
        segments.entered_at_precision,
        orders.filler_order_number,
        upper(orders.filler_namespace) as filler_namespace,
        orders.placer_order_number,
        upper(orders.placer_namespace) as placer_namespace,
        {{ hl7_practitioner_key('orders.ordering_providers[1]', 'segments.source_system') }} as ordering_practitioner_key,
        visits.visit_number,
        visits.visit_namespace,
        {{ hl7_null_columns('segments.null_fields', {
            '6': ['dose_quantity'],
            '7': ['dose_unit'],
            '10': ['practitioner_key'],
            '11': ['organization_key'],
            '15': ['lot_number'],
            '16': ['expiration_date'],
            '17': ['manufacturer'],
            '18': ['status_reason'],
        }) }} as null_columns
    from vaccines as segments
    left join {{ ref('int_hl7v2__persons') }} as persons
        on
            segments.file_sha256 = persons.file_sha256
            and segments.record_index = persons.record_index
            and segments.pid_index = persons.pid_index
    {{ hl7_join_visit() }}
    {{ hl7_join_segment('routes', 'routes', 'segments.segment_index', column='rxa_index') }}
    {{ hl7_join_segment('orders', 'orders', 'segments.orc_index') }}
    where
        case
            when segments.cvx_code is null
                then regexp_matches(segments.message_type, '^(VXU|VXR|RSP)') and coalesce(segments.administered_code, segments.administered_display) is not null
            else segments.cvx_code <> '998'
        end
)

{{ int_select('immunization', 'final', nulls=true) }}
