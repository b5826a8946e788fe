-- noqa: disable=LT01
{{ config(materialized='view') }}
-- SPM to Specimen by HL7's Version 2 to FHIR (segment SPM), and OBR-15 of messages from before there was SPM.
-- In a result or an order the specimen stands behind its OBR; in a specimen-oriented message (OUL R22 to R24,
-- OML O33) before it.
with spm as (
    select * from {{ ref('stg_hl7v2__spm') }}
),

obr as (
    select
        *,
        regexp_matches(message_type, '^(OUL|OML.O33)') as is_specimen_first
    from {{ ref('stg_hl7v2__obr') }}
),

-- Each specimen with the OBR that it belongs to, if any: the report is named by that.
of_orders as (
    select
        spm.file_sha256,
        spm.record_index,
        spm.segment_index as spm_index,
        obr.segment_index as obr_index
    from spm
    inner join obr
        on
            spm.file_sha256 = obr.file_sha256
            and spm.record_index = obr.record_index
            and spm.obr_index = obr.segment_index
            and not obr.is_specimen_first
    union all
    select
        obr.file_sha256,
        obr.record_index,
        obr.spm_index,
        obr.segment_index as obr_index
    from obr
    where obr.is_specimen_first and obr.spm_index is not null
),

from_spm as (
    select
        spm.*,
        of_orders.obr_index as order_index
    from spm
    {{ hl7_join_segment('of_orders', 'of_orders', 'spm.segment_index', relation='spm', column='spm_index') }}
),

described as (
    select
        from_spm.* exclude (obr_index),
        coalesce(obr.filler_order_number, obr.placer_order_number) as order_number,
        case when obr.segment_index is not null then {{ hl7_report_key('obr', 'persons') }} end as report_source_key,
        obr.observed_at,
        obr.observed_at_precision,
        obr.observation_ended_at,
        obr.specimen_received_at,
        obr.specimen_received_at_precision,
        obr.collectors,
        obr.null_fields as order_null_fields
    from from_spm
    {{ hl7_join_segment('obr', 'obr', 'from_spm.order_index', relation='from_spm') }}
),

-- OBR-15, where no SPM says it better.
from_obr as (
    select
        obr.* exclude (null_fields),
        obr.null_fields as order_null_fields,
        obr.specimen_source_code as specimen_type_code,
        obr.specimen_source_display as specimen_type_display,
        obr.specimen_source_system as specimen_type_system,
        obr.specimen_source_alternate_code as specimen_type_alternate_code,
        obr.specimen_source_alternate_display as specimen_type_alternate_display,
        obr.specimen_source_alternate_system as specimen_type_alternate_system,
        obr.specimen_site_code as source_site_code,
        obr.specimen_site_display as source_site_display,
        obr.specimen_site_system as source_site_system,
        obr.specimen_site_alternate_code as source_site_alternate_code,
        obr.specimen_site_alternate_display as source_site_alternate_display,
        obr.specimen_site_alternate_system as source_site_alternate_system,
        coalesce(obr.filler_order_number, obr.placer_order_number) as order_number,
        {{ hl7_report_key('obr', 'persons') }} as report_source_key
    from obr
    anti join of_orders
        on
            obr.file_sha256 = of_orders.file_sha256
            and obr.record_index = of_orders.record_index
            and obr.segment_index = of_orders.obr_index
    where coalesce(obr.specimen_source_code, obr.specimen_source_display) is not null
),

segments as (
    select * from described
    union all by name
    select * from from_obr
),

final as (
    select
        {{ hl7_int_provenance() }},
        persons.owner_authority as id_authority,
        persons.owner_value as id_value,
        {{ hl7_local_system('segments.specimen_type') }} as local_system,
        {{ hl7_local_code('segments.specimen_type') }} as local_code,
        {{ hl7_codings('segments.specimen_type', 'segments.source_system') }} as codings,
        -- Without a number of its own a specimen is the one of its kind of its order.
        coalesce(
            segments.order_number || '|' || coalesce(segments.set_id::varchar, '1')
            || '|' || coalesce(segments.specimen_type_code, segments.specimen_type_display, ''),
            segments.source_record_id || ':' || segments.segment_index
        ) as source_key,
        segments.placer_specimen_id,
        upper(segments.placer_specimen_namespace) as placer_namespace,
        segments.filler_specimen_id,
        upper(segments.filler_specimen_namespace) as filler_namespace,
        segments.accession_number,
        upper(segments.accession_namespace) as accession_namespace,
        segments.report_source_key,
        case
            when segments.reject_reason is not null then 'unsatisfactory'
            when segments.is_available = 'Y' then 'available'
            when segments.is_available = 'N' then 'unavailable'
        end as status,
        coalesce(segments.collected_at, segments.observed_at) as collected_at,
        case when segments.collected_at is not null then segments.collected_at_precision else segments.observed_at_precision end
            as collected_at_precision,
        segments.collection_ended_at,
        segments.collection_ended_at_precision,
        coalesce(segments.received_at_laboratory, segments.specimen_received_at) as received_time_at,
        case
            when segments.received_at_laboratory is not null then segments.received_at_laboratory_precision
            else segments.specimen_received_at_precision
        end as received_time_at_precision,
        {{ hl7_practitioner_key('segments.collectors[1]', 'segments.source_system') }} as collector_key,
        coalesce(
            {{ hl7_value_codings('segments.collection_method', 'segments.source_system') }},
            case
                when segments.specimen_collection_method is not null
                    then [{'system': null::varchar, 'code': null::varchar, 'display': segments.specimen_collection_method}]
            end
        ) as method_codings,
        {{ hl7_codings('segments.source_site', 'segments.source_system') }} as body_site_codings,
        {{ hl7_value_codings('segments.additive', 'segments.source_system') }} as additive_codings,
        {{ hl7_value_codings('segments.conditions[1]', 'segments.source_system') }} as condition_codings,
        segments.collection_amount as quantity,
        segments.collection_amount_unit as quantity_unit,
        segments.description as note,
        list_concat(
            coalesce({{ hl7_null_columns('segments.null_fields', {
                '6': ['additive_codings'], '7': ['method_codings'], '8': ['body_site_codings'],
                '12': ['quantity', 'quantity_unit'], '12.1': ['quantity'], '12.2': ['quantity_unit'], '14': ['note'],
                '17': ['collected_at', 'collected_at_precision', 'collection_ended_at', 'collection_ended_at_precision'],
                '17.1': ['collected_at', 'collected_at_precision'],
                '17.2': ['collection_ended_at', 'collection_ended_at_precision'],
                '18': ['received_time_at', 'received_time_at_precision'], '20': ['status'], '21': ['status'],
                '24': ['condition_codings'], '30': ['accession_number', 'accession_namespace'],
            }) }}, []),
            coalesce({{ hl7_null_columns('segments.order_null_fields', {
                '10': ['collector_key'], '14': ['received_time_at', 'received_time_at_precision'],
            }) }}, [])
        ) as null_columns
    from segments
    {{ hl7_join_person() }}
)

{{ int_select('specimen', 'final', nulls=true) }}
