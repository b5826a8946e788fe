select
    family,
    release_id,
    source_system as source_code_system,
    source_code,
    target_system as target_code_system,
    target_code,
    target_display,
    equivalence,
    rule,
    map_group,
    map_priority
from {{ source('terminology', 'code_maps') }}
