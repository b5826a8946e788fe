with files as (
    select * from {{ ref('ops_files') }}
)

select
    source_system,
    feed,
    received_date,
    count(*) as files,
    cast(sum(size_bytes) as bigint) as size_bytes,
    cast(sum(records_in) as bigint) as records_in,
    cast(sum(records_landed) as bigint) as records_landed,
    cast(sum(records_quarantined) as bigint) as records_quarantined,
    cast(sum(records_replayed) as bigint) as records_replayed,
    -- Of a day without records nothing failed.
    coalesce(sum(records_landed) / nullif(sum(records_in), 0), 1) as success_rate,
    median(lag_hours) as median_lag_hours,
    max(lag_hours) as longest_lag_hours,
    cast(sum(duplicate_names) as bigint) as duplicate_names,
    count(*) filter (where records_landed = 0 and records_quarantined > 0) as unusable_files,
    count(*) filter (where drifts > 0) as drifted_files
from files
group by
    source_system,
    feed,
    received_date
