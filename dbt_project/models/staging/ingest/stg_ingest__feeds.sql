select
    source_system,
    feed,
    time_zone,
    authoritative,
    list_contains(coalesce(authoritative, []), 'identity') as is_identity_authoritative,
    list_contains(coalesce(authoritative, []), 'subject') as is_subject_authoritative
from {{ source('ingest', 'feeds') }}
