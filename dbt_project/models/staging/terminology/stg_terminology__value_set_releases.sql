select
    oid,
    url,
    version,
    title,
    status,
    expanded_at,
    code_count,
    is_complete,
    is_current,
    problem
from {{ source('terminology', 'value_set_releases') }}
