with declared as (
    select * from {{ source('ingest', 'feeds') }}
),

files as (
    select *
    from {{ ref('ops_files') }}
    where received_at < {{ as_of_end() }}
),

feeds as (
    select
        source_system,
        feed,
        true as is_declared,
        owner,
        description,
        time_zone,
        arrival_every,
        arrival_grace_hours,
        min_records,
        max_records,
        case arrival_every
            when 'hour' then 1
            when 'day' then 24
            when 'week' then 168
            when 'month' then 744
            when 'quarter' then 2208
            when 'year' then 8784
        end as period_hours
    from declared

    union all by name

    select distinct
        files.source_system,
        files.feed,
        false as is_declared
    from files
    left join declared
        on files.source_system = declared.source_system and files.feed = declared.feed
    where declared.feed is null
),

measured as (
    select
        feeds.*,
        count(files.file_sha256) as files,
        cast(coalesce(sum(files.size_bytes), 0) as bigint) as size_bytes,
        cast(coalesce(sum(files.records_in), 0) as bigint) as records_in,
        cast(coalesce(sum(files.records_landed), 0) as bigint) as records_landed,
        cast(coalesce(sum(files.records_quarantined), 0) as bigint) as records_quarantined,
        min(files.received_at) as first_received_at,
        max(files.received_at) as last_received_at,
        date_diff('second', max(files.received_at), {{ as_of_end() }}) / 3600.0 as hours_since_last_file,
        cast(
            coalesce(
                sum(files.records_in) filter (
                    where files.received_at >= {{ as_of_end() }} - to_hours(feeds.period_hours)
                ),
                0
            ) as bigint
        ) as records_in_last_period
    from feeds
    left join files
        on feeds.source_system = files.source_system and feeds.feed = files.feed
    group by all
)

select
    source_system,
    feed,
    is_declared,
    owner,
    description,
    time_zone,
    files,
    size_bytes,
    records_in,
    records_landed,
    records_quarantined,
    coalesce(records_landed / nullif(records_in, 0), 1) as success_rate,
    first_received_at,
    last_received_at,
    hours_since_last_file,
    arrival_every,
    period_hours + arrival_grace_hours as expected_within_hours,
    is_declared
    and arrival_every != 'irregular'
    and coalesce(hours_since_last_file > period_hours + arrival_grace_hours, true) as is_late,
    records_in_last_period,
    min_records,
    max_records,
    coalesce(records_in_last_period < min_records, false) as is_volume_low,
    coalesce(records_in_last_period > max_records, false) as is_volume_high,
    {{ as_of_date() }} as as_of_date
from measured
