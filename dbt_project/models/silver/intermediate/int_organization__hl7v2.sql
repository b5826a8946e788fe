with sites as (
    select
        source_system, feed, source_record_id, received_at, message_at, record_index, segment_index,
        assigned_location.facility as identifier, null as name, 'prov' as type
    from {{ ref('stg_hl7v2__pv1') }}
    union all
    -- Whose place is named, of which a patient came or went.
    select
        source_system, feed, source_record_id, received_at, recorded_at, 0, record_order, facility, null, 'prov'
    from {{ ref('int_location__hl7v2') }}
    union all
    select
        source_system, feed, file_sha256 || ':' || record_index, received_at, message_at, record_index, segment_index,
        coalesce(performers[1].producer_id, performers[1].performer_id),
        coalesce(performers[1].producer_name, performers[1].performer_name), 'prov'
    from {{ ref('stg_hl7v2__obx') }}
    where performers is not null
    union all
    select
        source_system, feed, source_record_id, received_at, message_at, record_index, segment_index,
        facility_id, facility_name, 'prov'
    from {{ ref('stg_hl7v2__orc') }}
    union all
    select
        source_system, feed, source_record_id, received_at, message_at, record_index, segment_index,
        company_ids[1].value, company_name, 'pay'
    from {{ ref('stg_hl7v2__in1') }}
    union all
    select
        source_system, feed, source_record_id, received_at, message_at, record_index, segment_index,
        location.facility, null, 'prov'
    from {{ ref('stg_hl7v2__rxa') }}
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
        }, (name is not null, {{ word_order(place='segment_index') }})) as said
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
        {{ organization_key('null', 'source_system', 'identifier', 'said.name') }} as organization_key
    from newest
)

{{ int_select('organization', 'final', absent=[
    'npi', 'identifier_system', 'phone', 'address_line', 'city', 'state', 'postal_code'
]) }}
