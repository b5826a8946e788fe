select
    oid || '|' || version as value_set_id,
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
from {{ ref('stg_terminology__value_set_releases') }}
