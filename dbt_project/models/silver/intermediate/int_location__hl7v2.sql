-- noqa: disable=LT02
-- PL to Location by HL7's Version 2 to FHIR (PL[Location]): a site, its buildings, their wards or clinics, and there floors,
-- rooms and beds, each a part of what it stands in.
{%- set places = [
    ('stg_hl7v2__pv1', 'assigned_location', ['room', 'bed', 'building', 'floor', 'description']),
    ('stg_hl7v2__pv1', 'prior_location', ['room', 'bed', 'building', 'floor', 'description']),
    ('stg_hl7v2__pv1', 'temporary_location', ['room', 'bed', 'building', 'floor', 'description']),
    ('stg_hl7v2__pv1', 'pending_location', ['room', 'bed', 'building', 'floor', 'description']),
    ('stg_hl7v2__pv1', 'prior_temporary_location', ['room', 'bed', 'building', 'floor', 'description']),
    ('stg_hl7v2__rxa', 'location', []),
    ('stg_hl7v2__appointment_resources', 'location', ['room', 'bed', 'building', 'floor', 'description']),
] %}
with places as (
    {%- for model, column, parts in places %}
    select
        source_system, feed, source_record_id, received_at, message_at, record_index, segment_index,
        {{ column }}.facility as facility,
        {{ column }}.point_of_care as point_of_care,
        {%- for part in ['room', 'bed', 'building', 'floor', 'description'] %}
        {{ column ~ '.' ~ part if part in parts else 'null::varchar' }} as {{ part }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref(model) }}
    where {{ column }}.point_of_care is not null or {{ column }}.facility is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- `inside`: what the place says of a level further up, where it says anything.
levels as (
    select
        * exclude (room, bed, building, floor),
        null::varchar as room,
        null::varchar as bed,
        null::varchar as building,
        null::varchar as floor,
        case when point_of_care is null then 'si' end as physical_type,
        case when point_of_care is not null then building end as inside
    from places
    union all by name
    select
        * replace (null::varchar as room, null::varchar as bed, null::varchar as building, null::varchar as description),
        'lvl' as physical_type
    from places
    where floor is not null
    union all by name
    select
        * replace (null::varchar as bed, null::varchar as building, null::varchar as floor, null::varchar as description),
        'ro' as physical_type,
        floor as inside
    from places
    where room is not null
    union all by name
    select
        * replace (null::varchar as building, null::varchar as floor, null::varchar as description),
        'bd' as physical_type,
        case when room is null then floor end as inside
    from places
    where bed is not null
    union all by name
    select
        * replace (null::varchar as point_of_care, null::varchar as room, null::varchar as bed, null::varchar as floor, null::varchar as description),
        'bu' as physical_type
    from places
    where building is not null and facility is not null
    union all by name
    select
        * replace (
            null::varchar as point_of_care, null::varchar as room, null::varchar as bed, null::varchar as building, null::varchar as floor,
            null::varchar as description
        ),
        'si' as physical_type
    from places
    where facility is not null and point_of_care is not null
),

newest as (
    select
        source_system,
        facility,
        point_of_care,
        room,
        bed,
        building,
        floor,
        physical_type,
        max_by(inside, ({{ word_order(place='segment_index') }}, inside)) filter (where inside is not null) as inside,
        max_by({
            'feed': feed,
            'source_record_id': source_record_id,
            'received_at': received_at,
            'recorded_at': coalesce(message_at, received_at),
            'record_order': {{ record_order(none, 'segment_index') }},
            'description': description
        }, ({{ word_order(place='segment_index') }}, description is not null, description)) as said
    from levels
    group by source_system, facility, point_of_care, room, bed, building, floor, physical_type
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
        case physical_type
            when 'ro' then room
            when 'bd' then bed
            when 'lvl' then floor
            when 'bu' then building
            else coalesce(said.description, point_of_care, facility)
        end as name,
        case physical_type
            when 'ro' then {{ room_key('ward_key', 'room') }}
            when 'bd' then {{ bed_key('ward_key', 'room', 'bed') }}
            when 'lvl' then {{ floor_key('ward_key', 'floor') }}
            when 'bu' then {{ building_key('source_system', 'facility', 'building') }}
            else ward_key
        end as location_key,
        -- A bed in its room, the room on its floor, that in the ward, that in its building, that at the site.
        case
            when physical_type = 'si' then null
            when physical_type = 'bd' and room is not null then {{ room_key('ward_key', 'room') }}
            when physical_type in ('bd', 'ro') and inside is not null then {{ floor_key('ward_key', 'inside') }}
            when physical_type in ('bd', 'ro', 'lvl') then ward_key
            when physical_type is null and inside is not null and facility is not null then {{ building_key('source_system', 'facility', 'inside') }}
            else {{ location_key('source_system', 'facility', 'null') }}
        end as parent_key,
        {{ organization_key('null', 'source_system', 'facility', 'null::varchar') }} as organization_key
    from keyed
)

{{ int_select('location', 'final', own=['physical_type', 'parent_key'], absent=['type', 'address_line', 'city', 'state', 'postal_code']) }}
