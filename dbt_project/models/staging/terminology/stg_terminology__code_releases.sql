select
    release_id,
    kind,
    family,
    release,
    file_name,
    file_sha256,
    cast(loaded_at as timestamptz) at time zone 'UTC' as loaded_at,
    is_current
from {{ source('terminology', 'code_releases') }}
