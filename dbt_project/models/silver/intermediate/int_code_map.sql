-- The coding that silver puts before a source's own: decided in the seed, else said by a ConceptMap that was loaded.
with decided as (
    select * from {{ ref('local_code_map') }}
),

crosswalk as (
    select * from {{ ref('int_code_crosswalk') }}
),

displays as (
    select * from {{ ref('int_code_display') }}
),

-- One row per system, which has codes of its own.
source_systems as (
    select distinct source_system from {{ ref('stg_ingest__feeds') }}
),

-- In a ConceptMap a source's own system is the URI that silver gives it, or the one that it gives itself.
loaded as (
    select
        source_systems.source_system,
        case
            when starts_with(crosswalk.source_code_system, 'urn:id:' || source_systems.source_system || ':')
                then substr(crosswalk.source_code_system, len('urn:id:' || source_systems.source_system || ':') + 1)
            else crosswalk.source_code_system
        end as local_system,
        crosswalk.source_code as local_code,
        crosswalk.target_code_system as target_system,
        crosswalk.target_code,
        crosswalk.target_display,
        crosswalk.equivalence,
        crosswalk.family as decided_by
    from crosswalk
    inner join source_systems
        on
            not starts_with(crosswalk.source_code_system, 'urn:id:')
            or starts_with(crosswalk.source_code_system, 'urn:id:' || source_systems.source_system || ':')
    where starts_with(crosswalk.family, 'conceptmap:')
),

united as (
    select
        source_system,
        local_system,
        local_code,
        target_system,
        target_code,
        target_display,
        equivalence,
        decided_by,
        0 as origin
    from decided
    where equivalence not in ('unmatched', 'disjoint')
    union all by name
    select
        *,
        1 as origin
    from loaded
)

select
    united.source_system,
    united.local_system,
    united.local_code,
    united.target_system,
    united.target_code,
    coalesce(displays.code_display, united.target_display) as target_display,
    united.equivalence,
    united.decided_by
from united
left join displays
    on united.target_system = displays.code_system and {{ comparable_code('united.target_code') }} = displays.comparable_code
qualify
    row_number() over (
        partition by united.source_system, united.local_system, united.local_code
        order by united.origin, united.target_system, united.target_code
    ) = 1
