{{ config(materialized='incremental', incremental_strategy='append') }}

with records as (
    select * from {{ new_bronze_records('fhir') }}
),

feeds as (
    select * from {{ ref('stg_ingest__feeds') }}
),

read as (
    select
        *,
        try_cast(record_text as json) as resource,
        json_extract_string(envelope, '$.bundle_id') as bundle_id
    from records
),

named as (
    select
        *,
        -- A Bundle entry may be known by its fullUrl alone.
        coalesce(
            json_extract_string(resource, '$.id'),
            nullif(regexp_extract(json_extract_string(envelope, '$.full_url'), '([^/:]+)$', 1), '')
        ) as fhir_id
    from read
    where resource is not null
),

-- Where a feed says that a Bundle is one patient's record, all that is in it is that patient's.
bundle_patients as (
    select
        named.file_sha256,
        named.bundle_id,
        max(named.fhir_id) as fhir_id
    from named
    inner join feeds
        on named.source_system = feeds.source_system and named.feed = feeds.feed and feeds.is_subject_authoritative
    where named.record_type = 'Patient' and named.bundle_id is not null
    group by named.file_sha256, named.bundle_id
    having count(*) = 1
)

select
    named.source_system,
    named.feed,
    named.file_sha256,
    named.record_index,
    named.file_sha256 || ':' || named.record_index as source_record_id,
    named.received_at,
    coalesce({{ fhir_moment("json_extract_string(named.resource, '$.meta.lastUpdated')") }}, named.received_at) as message_at,
    named.record_type as resource_type,
    named.fhir_id,
    json_extract_string(named.envelope, '$.full_url') as full_url,
    bundle_patients.fhir_id as bundle_patient_fhir_id,
    named.resource
from named
left join bundle_patients
    on named.file_sha256 = bundle_patients.file_sha256 and named.bundle_id = bundle_patients.bundle_id
