with mentioned as (
    select
        {{ csv_int_provenance() }},
        {{ location_key('source_system', 'null', 'location') }} as location_key,
        location as name
    from {{ ref('stg_scheduling__appointments') }}
    where location is not null
),

final as (
    select distinct on (source_system, location_key) *
    from mentioned
    order by source_system, location_key, {{ newest_first() }}
)

{{ int_select('location', 'final', absent=[
    'type', 'organization_key', 'point_of_care', 'room', 'bed', 'facility', 'address_line', 'city', 'state',
    'postal_code']) }}
