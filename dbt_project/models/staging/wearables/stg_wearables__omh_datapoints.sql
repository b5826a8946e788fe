{{ config(materialized='incremental', incremental_strategy='append') }}

{%- set frame = {
    'date_time': 'VARCHAR',
    'time_interval': {
        'start_date_time': 'VARCHAR', 'end_date_time': 'VARCHAR', 'date': 'VARCHAR', 'part_of_day': 'VARCHAR',
        'duration': {'value': 'DOUBLE', 'unit': 'VARCHAR'}}} %}
{%- set data_point = {
    'header': {
        'id': 'VARCHAR', 'creation_date_time': 'VARCHAR', 'user_id': 'VARCHAR',
        'schema_id': {'namespace': 'VARCHAR', 'name': 'VARCHAR', 'version': 'VARCHAR'},
        'acquisition_provenance': {'source_name': 'VARCHAR', 'modality': 'VARCHAR'}},
    'body': {'effective_time_frame': frame}, 'effective_time_frame': frame} %}

with records as (
    select * from {{ new_bronze_records('json') }}
),

read as (
    select
        *,
        try_cast(record_text as json) as document
    from records
),

-- A data point is a header and a body (IEEE 1752.1, Open mHealth data-point); exports of bodies alone
-- are known by their effective_time_frame.
known as (
    select
        *,
        coalesce(json_type(document, '$.body') = 'OBJECT', false) as is_data_point
    from read
),

parsed as (
    select
        *,
        json_transform(document, '{{ data_point | tojson }}') as point,
        case when is_data_point then json_extract(document, '$.body') else document end as body
    from known
    where is_data_point or json_exists(document, '$.effective_time_frame')
),

framed as (
    select
        *,
        case when is_data_point then point.body.effective_time_frame else point.effective_time_frame end as frame,
        json_extract_string(body, '$.activity_name') as activity_name,
        json_extract_string(body, '$.descriptive_statistic') as descriptive_statistic
    from parsed
),

timed as (
    select
        *,
        -- A moment; or an interval by start and end, by one of them and a duration, or by day and part of day.
        coalesce(
            frame.date_time,
            frame.time_interval.start_date_time,
            frame.time_interval.date
        ) as effective_text,
        coalesce(frame.time_interval.end_date_time, frame.date_time) as effective_end_text,
        to_seconds(
            frame.time_interval.duration.value
            * case lower(frame.time_interval.duration.unit)
                when 'ms' then 0.001
                when 'sec' then 1
                when 's' then 1
                when 'min' then 60
                when 'h' then 3600
                when 'd' then 86400
                when 'wk' then 604800
            end
        ) as duration
    from framed
)

select
    source_system,
    feed,
    file_sha256,
    record_index,
    file_sha256 || ':' || record_index as source_record_id,
    received_at,
    coalesce({{ fhir_moment('point.header.creation_date_time') }}, received_at) as message_at,
    coalesce(point.header.id, control_id) as data_point_id,
    point.header.schema_id.namespace as schema_namespace,
    coalesce(point.header.schema_id.name, record_type) as schema_name,
    point.header.schema_id.version as schema_version,
    point.header.user_id as device_user_id,
    point.header.acquisition_provenance.source_name as device_name,
    point.header.acquisition_provenance.modality,
    activity_name,
    descriptive_statistic,
    coalesce(
        {{ fhir_moment('effective_text') }},
        {{ fhir_moment('effective_end_text') }} - duration
    ) as effective_at,
    {{ fhir_precision('coalesce(effective_text, effective_end_text)') }} as effective_at_precision,
    coalesce({{ fhir_moment('effective_end_text') }}, {{ fhir_moment('effective_text') }} + duration)
        as effective_end_at,
    body
from timed
