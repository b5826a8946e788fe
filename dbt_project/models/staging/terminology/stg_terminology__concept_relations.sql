select
    family,
    release_id,
    code_system,
    code,
    relation,
    target_code
from {{ source('terminology', 'concept_relations') }}
