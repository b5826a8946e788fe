-- noqa: disable=AL03, LT09
-- Organizations that a message names, with the address and number that ORC-22/-23, IN1-5/-7 and OBX-24 give them.
with observers as (
    select
        source_system, feed, received_at, message_at, record_index, segment_index,
        file_sha256 || ':' || record_index as source_record_id,
        performers[1] as performer
    from {{ ref('stg_hl7v2__obx') }}
    where performers is not null
),

sites as (
    select
        source_system, feed, source_record_id, received_at, message_at, record_index, segment_index,
        assigned_location.facility as identifier, null as name, 'prov' as type,
        null::varchar as phone, null::struct(line varchar, other varchar, city varchar, state varchar, postal_code varchar) as address
    from {{ ref('stg_hl7v2__pv1') }}
    union all
    -- Whose place is named, of which a patient came or went.
    select
        source_system, feed, source_record_id, received_at, recorded_at, 0, record_order, facility, null, 'prov',
        null, null
    from {{ ref('int_location__hl7v2') }}
    union all
    select
        source_system, feed, source_record_id, received_at, message_at, record_index, segment_index,
        coalesce(performer.producer_id, performer.performer_id),
        coalesce(performer.producer_name, performer.performer_name), 'prov', null,
        case when performer.producer_id is null then {{ hl7_place_address('performer.performer_address') }} end
    from observers
    union all
    -- Beside a producer (OBX-15), the organization that OBX-23 and -24 describe.
    select
        source_system, feed, source_record_id, received_at, message_at, record_index, segment_index,
        performer.performer_id, performer.performer_name, 'prov', null, {{ hl7_place_address('performer.performer_address') }}
    from observers
    where performer.producer_id is not null and performer.performer_name is not null
    union all
    select
        source_system, feed, source_record_id, received_at, message_at, record_index, segment_index,
        facility_id, facility_name, 'prov', facility_phones[1].number, {{ hl7_place_address('facility_addresses[1]') }}
    from {{ ref('stg_hl7v2__orc') }}
    union all
    select
        source_system, feed, source_record_id, received_at, message_at, record_index, segment_index,
        company_ids[1].value, company_name, 'pay', company_phones[1].number, {{ hl7_place_address('company_addresses[1]') }}
    from {{ ref('stg_hl7v2__in1') }}
    union all
    select
        source_system, feed, source_record_id, received_at, message_at, record_index, segment_index,
        location.facility, null, 'prov', null, null
    from {{ ref('stg_hl7v2__rxa') }}
    union all
    -- Who cares for a patient (PD1-3).
    select
        source_system, feed, source_record_id, received_at, message_at, record_index, segment_index,
        primary_facilities[1]."value", primary_facilities[1].name, 'prov', null, null
    from {{ ref('stg_hl7v2__pd1') }}
    where primary_facilities is not null
),

newest as (
    select
        source_system,
        identifier,
        min(type) as type,
        max_by({
            'feed': feed,
            'source_record_id': source_record_id,
            'received_at': received_at,
            'recorded_at': coalesce(message_at, received_at),
            'record_order': {{ record_order(none, 'segment_index') }},
            'name': name
        }, (name is not null, {{ word_order(place='segment_index') }}, name)) as said,
        max_by(phone, ({{ word_order(place='segment_index') }}, phone)) filter (where phone is not null) as phone,
        max_by(address, ({{ word_order(place='segment_index') }}, address)) filter (where address is not null) as address
    from sites
    where coalesce(identifier, name) is not null
    group by source_system, identifier, case when identifier is null then upper(trim(name)) end
),

final as (
    select
        source_system,
        said.feed,
        said.source_record_id,
        said.received_at,
        said.recorded_at,
        said.record_order,
        identifier,
        coalesce(said.name, identifier) as name,
        type,
        phone,
        nullif(concat_ws(', ', address.line, address.other), '') as address_line,
        address.city,
        address.state,
        address.postal_code,
        {{ organization_key('null', 'source_system', 'identifier', 'said.name') }} as organization_key
    from newest
)

{{ int_select('organization', 'final', absent=['npi', 'identifier_system']) }}
