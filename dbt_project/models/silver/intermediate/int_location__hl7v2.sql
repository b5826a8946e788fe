-- PL to Location by HL7's Version 2 to FHIR (PL[Location]): a ward or clinic, its rooms and their beds, each a part of
-- what it stands in.
with places as (
    select
        source_system, feed, source_record_id, received_at, message_at, record_index, segment_index,
        assigned_location.facility as facility,
        assigned_location.point_of_care as point_of_care,
        assigned_location.room as room,
        assigned_location.bed as bed,
        assigned_location.description as description
    from {{ ref('stg_hl7v2__pv1') }}
    where assigned_location.point_of_care is not null or assigned_location.facility is not null
    union all
    select
        source_system, feed, source_record_id, received_at, message_at, record_index, segment_index,
        prior_location.facility, prior_location.point_of_care, prior_location.room, prior_location.bed, prior_location.description
    from {{ ref('stg_hl7v2__pv1') }}
    where prior_location.point_of_care is not null or prior_location.facility is not null
    union all
    select
        source_system, feed, source_record_id, received_at, message_at, record_index, segment_index,
        location.facility, location.point_of_care, null, null, null
    from {{ ref('stg_hl7v2__rxa') }}
    where location.point_of_care is not null or location.facility is not null
    union all
    select
        source_system, feed, source_record_id, received_at, message_at, record_index, segment_index,
        location.facility, location.point_of_care, location.room, location.bed, location.description
    from {{ ref('stg_hl7v2__appointment_resources') }}
    where location.point_of_care is not null or location.facility is not null
),

levels as (
    select * replace (null::varchar as room, null::varchar as bed), null::varchar as physical_type from places
    union all
    select * replace (null::varchar as bed, null::varchar as description), 'ro' as physical_type from places
    where room is not null
    union all
    select * replace (null::varchar as description), 'bd' as physical_type from places
    where bed is not null
),

newest as (
    select
        source_system,
        facility,
        point_of_care,
        room,
        bed,
        physical_type,
        max_by({
            'feed': feed,
            'source_record_id': source_record_id,
            'received_at': received_at,
            'recorded_at': coalesce(message_at, received_at),
            'record_order': {{ record_order(none, 'segment_index') }},
            'description': description
        }, ({{ word_order(place='segment_index') }}, description is not null, description)) as said
    from levels
    group by source_system, facility, point_of_care, room, bed, physical_type
),

keyed as (
    select
        *,
        {{ location_key('source_system', 'facility', 'point_of_care') }} as ward_key
    from newest
),

final as (
    select
        source_system,
        facility,
        point_of_care,
        room,
        bed,
        physical_type,
        said.feed,
        said.source_record_id,
        said.received_at,
        said.recorded_at,
        said.record_order,
        case physical_type when 'ro' then room when 'bd' then bed else coalesce(said.description, point_of_care, facility) end as name,
        case physical_type
            when 'ro' then {{ room_key('ward_key', 'room') }}
            when 'bd' then {{ bed_key('ward_key', 'room', 'bed') }}
            else ward_key
        end as location_key,
        case
            when physical_type = 'ro' or (physical_type = 'bd' and room is null) then ward_key
            when physical_type = 'bd' then {{ room_key('ward_key', 'room') }}
        end as parent_key,
        {{ organization_key('null', 'source_system', 'facility', 'null::varchar') }} as organization_key
    from keyed
)

{{ int_select('location', 'final', own=['physical_type', 'parent_key'], absent=['type', 'address_line', 'city', 'state', 'postal_code']) }}
