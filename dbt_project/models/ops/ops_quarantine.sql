with entries as (
    select * from {{ source('bronze', 'manifest') }}
),

-- Where the records of a file are thought to belong now: as it landed, or as it was replayed last.
belonging as (
    select
        file_sha256,
        arg_max(source_system, replay) as source_system,
        arg_max(feed, replay) as feed,
        min(received_at) as received_at
    from entries
    group by file_sha256
),

-- What a landing or a replay put into quarantine, less what replays took out.
movements as (
    select
        file_sha256,
        unnest(map_entries(reasons)) as reason,
        1 as direction
    from entries

    union all

    select
        file_sha256,
        unnest(map_entries(superseded_reasons)) as reason,
        -1 as direction
    from entries
),

files as (
    select
        file_sha256,
        reason.key as reason_code,
        sum(direction * reason.value) as records
    from movements
    group by
        file_sha256,
        reason.key
)

select
    belonging.source_system,
    belonging.feed,
    files.reason_code,
    cast(sum(files.records) as bigint) as records,
    count(*) as files,
    min(belonging.received_at) as first_received_at,
    max(belonging.received_at) as last_received_at
from files
inner join belonging
    on files.file_sha256 = belonging.file_sha256
where files.records > 0
group by
    belonging.source_system,
    belonging.feed,
    files.reason_code
