with entries as (
    select * from {{ source('bronze', 'manifest') }}
),

duplicates as (
    select
        file_sha256,
        count(*) as duplicate_names
    from {{ source('bronze', 'duplicates') }}
    group by file_sha256
),

replays as (
    select
        file_sha256,
        count(*) as replays,
        max(replayed_at) as last_replayed_at,
        cast(sum(landed) as bigint) as landed,
        cast(sum(quarantined - superseded_records) as bigint) as quarantined
    from entries
    where kind = 'replay'
    group by file_sha256
)

select
    entries.file_sha256,
    entries.file_name,
    entries.source_system,
    entries.feed,
    entries.format,
    entries.size_bytes,
    entries.bronze_bytes,
    entries.file_mtime as file_modified_at,
    entries.received_at,
    {{ local_date('entries.received_at') }} as received_date,
    date_diff('second', entries.file_mtime, entries.received_at) / 3600.0 as lag_hours,
    entries.batch_id,
    -- What a replay found in a record that was quarantined may be more records than one.
    entries.landed + coalesce(replays.landed, 0) + entries.quarantined + coalesce(replays.quarantined, 0)
        as records_in,
    entries.landed + coalesce(replays.landed, 0) as records_landed,
    entries.quarantined + coalesce(replays.quarantined, 0) as records_quarantined,
    coalesce(replays.landed, 0) as records_replayed,
    coalesce(replays.replays, 0) as replays,
    replays.last_replayed_at,
    coalesce(duplicates.duplicate_names, 0) as duplicate_names,
    len(entries.warnings) as warnings,
    len(entries.drift) as drifts,
    entries.code_version
from entries
left join replays
    on entries.file_sha256 = replays.file_sha256
left join duplicates
    on entries.file_sha256 = duplicates.file_sha256
where entries.kind = 'landing'
