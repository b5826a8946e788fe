select
    family,
    release_id,
    code_system,
    code,
    display as code_display,
    concept_class,
    is_active,
    is_selectable
from {{ source('terminology', 'concepts') }}
