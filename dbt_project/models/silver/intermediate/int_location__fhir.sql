with locations as (
    select * from {{ ref('stg_fhir__location') }}
),

organizations as (
    select * from {{ ref('int_fhir_organization_keys') }}
),

keys as (
    select * from {{ ref('int_fhir_location_keys') }}
),

known as (
    select
        locations.source_system,
        locations.feed,
        locations.source_record_id,
        locations.received_at,
        locations.message_at as recorded_at,
        {{ record_order('locations') }} as record_order,
        coalesce(keys.location_key, {{ location_key('locations.source_system', 'null', 'locations.name') }}) as location_key,
        locations.name,
        locations.type,
        organizations.organization_key,
        locations.address_line,
        locations.city,
        locations.state,
        locations.postal_code,
        locations.source_record_id as received
    from locations
    left join keys
        on
            locations.source_system = keys.source_system
            and locations.feed = keys.feed
            and locations.fhir_id = keys.fhir_id
    left join organizations
        on
            locations.source_system = organizations.source_system
            and locations.feed = organizations.feed
            and coalesce(locations.organization_fhir_id, locations.organization_identifier) = organizations.fhir_id
    where locations.name is not null
),

-- Places that an Encounter names without a resource.
mentioned as (
    select distinct on (source_system, location_name)
        source_system,
        feed,
        source_record_id,
        received_at,
        message_at as recorded_at,
        {{ record_order() }} as record_order,
        {{ location_key('source_system', 'null', 'location_name') }} as location_key,
        location_name as name,
        'npi|' || organization_npi as organization_key
    from {{ ref('stg_fhir__encounter') }}
    where location_name is not null
    order by source_system, location_name, {{ newest_first(place=0) }}
),

final as (
    select * from known
    union all by name
    select * from mentioned
)

{{ int_select('location', 'final', absent=['point_of_care', 'room', 'bed', 'facility'], received=true) }}
