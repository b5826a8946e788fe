with places as (
    select
        source_system, feed, source_record_id, received_at, message_at, record_index, segment_index,
        assigned_location.facility as facility,
        assigned_location.point_of_care as point_of_care,
        assigned_location.description as description
    from {{ ref('stg_hl7v2__pv1') }}
    where assigned_location.point_of_care is not null or assigned_location.facility is not null
    union all
    select
        source_system, feed, source_record_id, received_at, message_at, record_index, segment_index,
        prior_location.facility, prior_location.point_of_care, prior_location.description
    from {{ ref('stg_hl7v2__pv1') }}
    where prior_location.point_of_care is not null or prior_location.facility is not null
    union all
    select
        source_system, feed, source_record_id, received_at, message_at, record_index, segment_index,
        location.facility, location.point_of_care, null
    from {{ ref('stg_hl7v2__rxa') }}
    where location.point_of_care is not null or location.facility is not null
    union all
    select
        source_system, feed, source_record_id, received_at, message_at, record_index, segment_index,
        location.facility, location.point_of_care, location.description
    from {{ ref('stg_hl7v2__appointment_resources') }}
    where location.point_of_care is not null or location.facility is not null
),

-- A ward or clinic, not the bed: beds change hourly and are the encounter's affair.
newest as (
    select
        source_system,
        facility,
        point_of_care,
        max_by({
            'feed': feed,
            'source_record_id': source_record_id,
            'received_at': received_at,
            'recorded_at': coalesce(message_at, received_at),
            'record_order': record_index * 1000000 + segment_index,
            'description': description
        }, (coalesce(message_at, received_at), received_at, source_record_id, segment_index)) as said
    from places
    group by source_system, facility, point_of_care
),

final as (
    select
        source_system,
        facility,
        point_of_care,
        said.feed,
        said.source_record_id,
        said.received_at,
        said.recorded_at,
        said.record_order,
        coalesce(said.description, point_of_care, facility) as name,
        {{ location_key('source_system', 'facility', 'point_of_care') }} as location_key,
        {{ organization_key('null', 'source_system', 'facility', 'null::varchar') }} as organization_key
    from newest
)

{{ int_select('location', 'final', absent=['type', 'room', 'bed', 'address_line', 'city', 'state', 'postal_code']) }}
