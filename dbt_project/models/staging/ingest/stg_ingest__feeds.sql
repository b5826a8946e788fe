select
    source_system,
    feed,
    time_zone,
    authoritative,
    list_contains(coalesce(authoritative, []), 'identity') as is_identity_authoritative
from {{ source('ingest', 'feeds') }}
