-- A vendor's payload does not say whose it is: the folder under `vendor_payloads` does, in the name under which the file
-- came. The same bytes may have come for several users ("no steps today"): each name counts.
with manifest as (
    select
        source_system,
        feed,
        file_sha256,
        file_name
    from {{ source('bronze', 'manifest') }}
    where kind = 'landing' and format = 'json'
),

duplicates as (
    select
        file_sha256,
        file_name
    from {{ source('bronze', 'duplicates') }}
),

named as (
    select * from manifest
    union all
    select
        manifest.source_system,
        manifest.feed,
        manifest.file_sha256,
        duplicates.file_name
    from duplicates
    inner join manifest on duplicates.file_sha256 = manifest.file_sha256
),

owned as (
    select
        source_system,
        file_sha256,
        nullif(
            case
                when regexp_matches(file_name, '(^|/)vendor_payloads/') then regexp_extract(file_name, '(?:^|/)vendor_payloads/([^/]+)/', 1)
                when feed = 'vendor_payloads' then regexp_extract(file_name, '^([^/]+)/', 1)
            end,
            ''
        ) as device_user_id
    from named
)

select distinct
    source_system,
    file_sha256,
    device_user_id
from owned
where device_user_id is not null
