-- The visit that a reference to an Encounter means: its visit number (v2-0203 VN), else its first
-- identifier, else its id within the feed.
with encounters as (
    select
        *,
        coalesce(
            {{ fhir_identifier_of_type('identifiers', "['VN']") }},
            list_filter(identifiers, lambda one: one.value is not null)[1]
        ) as visit
    from {{ ref('stg_fhir__encounter') }}
)

select distinct on (source_system, feed, fhir_id)
    source_system,
    feed,
    fhir_id,
    coalesce(visit.value, fhir_id) as visit_number,
    case when visit.value is null then 'FHIR:' || feed else coalesce(visit.system, 'FHIR:' || feed) end
        as visit_namespace,
    start_date
from encounters
where fhir_id is not null
order by source_system asc, feed asc, fhir_id asc, {{ newest_first(place=0) }}
