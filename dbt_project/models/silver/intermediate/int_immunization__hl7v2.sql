-- noqa: disable=LT01, LT02
{{ config(materialized='view') }}
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

-- What an immunization registry's OBX say of the dose that they stand behind (HL7's guide for immunization messaging, 2.5.1,
-- release 1.5, table of LOINC codes); `sub_id` groups what is said of one information statement.
said as (
    select *
    from {{ ref('stg_hl7v2__obx') }}
    where
        observation_code in (
            '64994-7', '30963-3', '69764-9', '29768-9', '29769-7', '30973-2', '59782-3', '59779-9', '30956-7', '48767-8'
        )
        and regexp_matches(message_type, '^(VXU|VXR|RSP)')
),

-- The dose that each stands behind: the last before it.
doses as (
    select
        said.file_sha256,
        said.record_index,
        said.segment_index as obx_index,
        max(segments.segment_index) as segment_index
    from said
    inner join segments
        on said.file_sha256 = segments.file_sha256 and said.record_index = segments.record_index
    where said.segment_index > segments.segment_index
    group by said.file_sha256, said.record_index, said.segment_index
),

observed as (
    select
        doses.*,
        said.observation_code,
        said.sub_id,
        said.value_codings[1] as value_coding,
        said.value_text,
        said.value_number,
        said.value_at,
        said.value_at_precision,
        said.source_system
    from said
    inner join doses
        on
            said.file_sha256 = doses.file_sha256
            and said.record_index = doses.record_index
            and said.segment_index = doses.obx_index
),

statements as (
    select
        file_sha256,
        record_index,
        segment_index,
        coalesce(sub_id, '') as statement,
        any_value(coalesce(value_coding.display, value_coding.code, value_text) order by obx_index)
            filter (where observation_code in ('69764-9', '30956-7')) as document,
        any_value({'at': value_at, 'precision': value_at_precision} order by obx_index)
            filter (where observation_code = '29768-9' and value_at is not null) as published,
        any_value({'at': value_at, 'precision': value_at_precision} order by obx_index)
            filter (where observation_code = '29769-7' and value_at is not null) as presented
    from observed
    where observation_code in ('69764-9', '30956-7', '29768-9', '29769-7')
    group by file_sha256, record_index, segment_index, coalesce(sub_id, '')
),

education as (
    select
        file_sha256,
        record_index,
        segment_index,
        '[' || {{ text_in_order(fhir_object({
            'documentType': "coalesce(" ~ fhir_string('document') ~ ", '\"unspecified\"')",
            'publicationDate': fhir_at('published."at"', 'published."precision"'),
            'presentationDate': fhir_at('presented."at"', 'presented."precision"'),
        }), "','", 'statement') }} || ']' as statements
    from statements
    group by file_sha256, record_index, segment_index
),

answers as (
    select
        file_sha256,
        record_index,
        segment_index,
        {{ list_in_order('value_coding', 'obx_index', "observation_code = '64994-7' and value_coding is not null") }} as eligible,
        any_value(value_coding order by obx_index) filter (where observation_code = '30963-3') as funded,
        any_value(source_system) as source_system,
        any_value(coalesce(cast(cast(value_number as integer) as varchar), value_text) order by obx_index)
            filter (where observation_code = '30973-2') as dose_number,
        any_value(coalesce(cast(cast(value_number as integer) as varchar), value_text) order by obx_index)
            filter (where observation_code = '59782-3') as series_doses,
        any_value(coalesce(value_coding.display, value_text) order by obx_index) filter (where observation_code = '59779-9') as series,
        {{ text_in_order('value_text', 'chr(10)', 'obx_index', "observation_code = '48767-8'") }} as note
    from observed
    group by file_sha256, record_index, segment_index
),

told as (
    select
        * exclude (eligible, funded),
        {{ hl7_concept_parts('eligible', 'source_system') }} as eligibility,
        {{ hl7_concept_parts('[funded]', 'source_system') }} as funding
    from answers
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
        {{ fhir_object({
            'isSubpotent': "case when segments.completion_status = 'PA' then 'true' end",
            'programEligibility': fhir_concepts_of('told.eligibility'),
            'fundingSource': fhir_concept_of('told.funding[1].codings', 'told.funding[1]."text"'),
            'education': 'education.statements',
            'note': fhir_array([fhir_object({'text': fhir_string('told.note')})]),
            'protocolApplied': "case when told.dose_number is not null then " ~ fhir_array([fhir_object({
                'series': fhir_string('told.series'),
                'doseNumberPositiveInt': "case when try_cast(told.dose_number as integer) > 0 then told.dose_number end",
                'doseNumberString': "case when (try_cast(told.dose_number as integer) > 0) is not true then " ~ fhir_string('told.dose_number') ~ " end",
                'seriesDosesPositiveInt': "case when try_cast(told.series_doses as integer) > 0 then told.series_doses end",
            })]) ~ " end",
        }) }} as further,
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
    {{ hl7_join_segment('told', 'told', 'segments.segment_index') }}
    {{ hl7_join_segment('education', 'education', 'segments.segment_index') }}
    where
        case
            when segments.cvx_code is null
                then regexp_matches(segments.message_type, '^(VXU|VXR|RSP)') and coalesce(segments.administered_code, segments.administered_display) is not null
            else segments.cvx_code <> '998'
        end
)

{{ int_select('immunization', 'final', nulls=true, further=true) }}
