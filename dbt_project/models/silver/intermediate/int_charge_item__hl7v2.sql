-- noqa: disable=LT01, LT02
{{ config(materialized='view') }}
-- FT1 to ChargeItem: charges and credits (FT1-6, table 0017); payments and adjustments are no charges.
-- HL7's map has no FT1 yet. FT1-25 is the public procedure code, FT1-7 the source's own charge code.
with segments as (
    select
        *,
        {{ hl7_codings('procedure') }} as procedure_codings,
        {{ hl7_codings('charge') }} as charge_codings
    from {{ ref('stg_hl7v2__ft1') }}
    where coalesce(transaction_type, 'CG') in ('CG', 'CD', 'CR')
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
        {{ hl7_local_system('segments.charge') }} as local_system,
        {{ hl7_local_code('segments.charge') }} as local_code,
        case
            when segments.procedure_codings is null and segments.charge_codings is null then
                case
                    when segments.description is not null
                        then [{'system': null::varchar, 'code': null::varchar, 'display': segments.description}]
                end
            else list_concat(segments.procedure_codings, segments.charge_codings)
        end as codings,
        coalesce(segments.transaction_number, segments.source_record_id || ':' || segments.segment_index) as source_key,
        segments.transaction_number,
        persons.account_number,
        case segments.transaction_type when 'CR' then 'aborted' else 'billable' end as status,
        coalesce(segments.quantity, 1) as quantity,
        coalesce(segments.extended_amount, segments.unit_amount * segments.quantity) as amount,
        coalesce(segments.currency, 'USD') as currency,
        segments.transaction_date as occurrence_date,
        {{ hl7_practitioner_key('segments.performers[1]', 'segments.source_system') }} as practitioner_key
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
)

{{ int_select('charge_item', 'final') }}
