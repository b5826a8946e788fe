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
        try_cast(record_text as json) as resource
    from records
),

-- Several members in one reading of the text.
looked_at as (
    select
        *,
        json_extract_string(resource, ['$.id', '$.meta.lastUpdated']) as members,
        json_extract_string(envelope, ['$.bundle_id', '$.full_url']) as entry
    from read
    where resource is not null
),

named as (
    select
        * exclude (members, entry),
        members[2] as last_updated,
        entry[1] as bundle_id,
        entry[2] as full_url,
        -- A Bundle entry may be known by its fullUrl alone.
        coalesce(members[1], nullif(regexp_extract(entry[2], '([^/:]+)$', 1), '')) as fhir_id
    from looked_at
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
    coalesce({{ fhir_moment('named.last_updated') }}, named.received_at) as message_at,
    named.record_type as resource_type,
    named.fhir_id,
    named.full_url,
    bundle_patients.fhir_id as bundle_patient_fhir_id,
    named.resource
from named
left join bundle_patients
    on named.file_sha256 = bundle_patients.file_sha256 and named.bundle_id = bundle_patients.bundle_id
