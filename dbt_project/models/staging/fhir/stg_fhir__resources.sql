{{ config(materialized='incremental', incremental_strategy='append') }}

with records as (
    select * from {{ new_bronze_records('fhir') }}
),

read as (
    select
        *,
        try_cast(record_text as json) as resource
    from records
)

select
    source_system,
    feed,
    file_sha256,
    record_index,
    file_sha256 || ':' || record_index as source_record_id,
    received_at,
    coalesce({{ fhir_moment("json_extract_string(resource, '$.meta.lastUpdated')") }}, received_at) as message_at,
    record_type as resource_type,
    -- A Bundle entry may be known by its fullUrl alone.
    coalesce(
        json_extract_string(resource, '$.id'),
        nullif(regexp_extract(json_extract_string(envelope, '$.full_url'), '([^/:]+)$', 1), '')
    ) as fhir_id,
    json_extract_string(envelope, '$.full_url') as full_url,
    resource
from read
where resource is not null
