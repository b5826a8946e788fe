-- What loaded maps say of a code in another system, one target each: the first of several that has no condition.
with maps as (
    select
        maps.*,
        releases.kind
    from {{ ref('stg_terminology__code_maps') }} as maps
    inner join {{ ref('stg_terminology__code_releases') }} as releases on maps.release_id = releases.release_id
    where releases.is_current and maps.source_code_system is not null
),

displays as (
    select * from {{ ref('int_code_display') }}
),

-- A map's rules are read in their order (SNOMED CT to ICD-10-CM: by age, sex or a second disorder); where the
-- first depends on something, a person has to say what it is.
first_rules as (
    select *
    from maps
    where coalesce(map_group, 1) = 1
    qualify
        row_number() over (
            partition by family, source_code_system, {{ comparable_code('source_code') }}, target_code_system
            order by map_priority, target_code
        ) = 1
),

usable as (
    select *
    from first_rules
    where
        rule is null
        and target_code is not null
        -- A question mark stands for a character that the source does not tell.
        and not contains(target_code, '?')
        and equivalence not in ('unmatched', 'disjoint')
    qualify
        row_number() over (
            partition by source_code_system, {{ comparable_code('source_code') }}, target_code_system
            order by
                case equivalence when 'equal' then 0 when 'equivalent' then 1 else 2 end,
                -- A map that somebody loaded for itself before the one that a code system brings along.
                case kind when 'conceptmap' then 0 else 1 end,
                family
        ) = 1
)

select
    usable.source_code_system,
    {{ comparable_code('usable.source_code') }} as comparable_code,
    usable.source_code,
    usable.target_code_system,
    usable.target_code,
    coalesce(displays.code_display, usable.target_display) as target_display,
    usable.equivalence,
    usable.family
from usable
left join displays
    on
        usable.target_code_system = displays.code_system
        and {{ comparable_code('usable.target_code') }} = displays.comparable_code
