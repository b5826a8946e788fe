-- RXA to Immunization by HL7's Version 2 to FHIR (VXU_V04, segment RXA): only what is coded in CVX; 998 says
-- that nothing was given. RXA-9 `00` is a new record, told by who gave it; RXA-20 and 21 give the status.
with segments as (
    select * from {{ ref('stg_hl7v2__rxa') }}
),

routes as (
    select
        file_sha256,
        record_index,
        rxa_index,
        any_value(coalesce(site_display, site_code)) as site,
        any_value(coalesce(route_display, route_code)) as route
    from {{ ref('stg_hl7v2__rxr') }}
    where rxa_index is not null
    group by file_sha256, record_index, rxa_index
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
        persons.id_authority,
        persons.id_value,
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
        routes.site,
        routes.route,
        case when segments.administered_amount not in (999, 0) then segments.administered_amount end as dose_quantity,
        segments.administered_unit as dose_unit,
        coalesce(segments.notes[1].code, '00') = '00' as primary_source,
        {{ hl7_practitioner_key('segments.administering_providers[1]', 'segments.source_system') }} as practitioner_key,
        {{ organization_key('null', 'segments.source_system', 'segments.location.facility', 'null::varchar') }} as organization_key,
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
    left join routes
        on
            segments.file_sha256 = routes.file_sha256
            and segments.record_index = routes.record_index
            and segments.segment_index = routes.rxa_index
    where segments.cvx_code is not null and segments.cvx_code <> '998'
)

{{ int_select('immunization', 'final', nulls=true) }}
