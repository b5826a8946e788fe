-- noqa: disable=LT01
{{ config(materialized='view') }}
-- Who orders for which organization (ORC-12 and ORC-21: requester as PractitionerRole in HL7's Version 2 to FHIR), and who
-- directs the one that performed (OBX-25 and OBX-23).
with orders as (
    select
        *,
        -- Theirs (ORC-14), then the organization's.
        list_concat(callback_phones, facility_phones) as phones,
        {{ hl7_practitioner_key('ordering_providers[1]', 'source_system') }} as practitioner_key,
        {{ organization_key('null', 'source_system', 'facility_id', 'facility_name') }} as organization_key
    from {{ ref('stg_hl7v2__orc') }}
    where ordering_providers is not null and coalesce(facility_id, facility_name) is not null
),

directors as (
    select
        source_system,
        feed,
        file_sha256 || ':' || record_index as source_record_id,
        received_at,
        message_at,
        record_index,
        segment_index,
        {{ hl7_practitioner_key('performers[1].director', 'source_system') }} as practitioner_key,
        {{ organization_key('null', 'source_system', 'performers[1].performer_id', 'performers[1].performer_name') }} as organization_key
    from {{ ref('stg_hl7v2__obx') }}
    where performers[1].director is not null and coalesce(performers[1].performer_id, performers[1].performer_name) is not null
),

ordering as (
    select
        orders.source_system,
        orders.feed,
        orders.source_record_id,
        orders.received_at,
        coalesce(orders.message_at, orders.received_at) as recorded_at,
        {{ record_order('orders', 'segment_index') }} as record_order,
        concat_ws('|', orders.practitioner_key, orders.organization_key) as source_key,
        orders.practitioner_key,
        orders.organization_key,
        {{ hl7_person_telecoms('orders.phones') }} as telecoms
    from orders
    where orders.practitioner_key is not null
    qualify
        row_number() over (
            partition by orders.source_system, orders.practitioner_key, orders.organization_key
            order by {{ newest_first('orders', place='segment_index') }}
        ) = 1
),

directing as (
    select
        source_system,
        feed,
        source_record_id,
        received_at,
        coalesce(message_at, received_at) as recorded_at,
        {{ record_order(none, 'segment_index') }} as record_order,
        concat_ws('|', practitioner_key, organization_key, 'MDIR') as source_key,
        practitioner_key,
        organization_key,
        [{'system': 'http://terminology.hl7.org/CodeSystem/v2-0912', 'code': 'MDIR', 'display': 'Medical Director'}] as codings
    from directors
    where practitioner_key is not null
    qualify
        row_number() over (
            partition by source_system, practitioner_key, organization_key order by {{ newest_first(place='segment_index') }}
        ) = 1
),

final as (
    select * from ordering
    union all by name
    select * from directing
)

{{ int_select('practitioner_role', 'final', absent=['is_active', 'specialty_codings']) }}
