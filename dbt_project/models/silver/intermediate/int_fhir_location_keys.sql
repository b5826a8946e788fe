-- The place that a reference to a Location means. A place is known by its name, by which others may mention it; of two
-- of one name in a feed, the further ones have a key of their own.
with locations as (
    select * from {{ ref('stg_fhir__location') }}
    where name is not null
),

newest as (
    select distinct on (source_system, feed, fhir_id)
        source_system,
        feed,
        fhir_id,
        name,
        {{ location_key('source_system', 'null', 'name') }} as name_key
    from locations
    where fhir_id is not null
    order by source_system asc, feed asc, fhir_id asc, {{ newest_first(place=0) }}
)

select
    source_system,
    feed,
    fhir_id,
    name,
    name_key || case
        when row_number() over (partition by source_system, feed, name_key order by fhir_id) > 1 then '|' || fhir_id
        else ''
    end as location_key
from newest
