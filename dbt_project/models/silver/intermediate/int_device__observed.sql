-- The instruments that observations name: OBX-18, the device or app behind an Open mHealth data point, the tracker of
-- a vendor's day. One row per source and name, from the record that named it last.
with named as (
    select
        source_system,
        feed,
        source_record_id,
        received_at,
        recorded_at,
        record_order,
        device
    from {{ ref('int_observation_versions') }}
    where int_format != 'fhir'
    union all by name
    select
        {{ csv_int_provenance() }},
        device_model as device
    from {{ ref('stg_wearables__daily_activity') }}
    where activity_date is not null and coalesce({{ daily_measures() | join(', ') }}) is not null
),

observed as (
    select
        source_system,
        device,
        max_by(
            {
                'feed': feed, 'source_record_id': source_record_id, 'received_at': received_at, 'recorded_at': recorded_at,
                'record_order': record_order
            },
            {{ word_order() }}
        ) as said
    from named
    where device is not null
    group by source_system, device
),

final as (
    select
        source_system,
        said.feed,
        said.source_record_id,
        said.received_at,
        said.recorded_at,
        said.record_order,
        device as source_key,
        device as name
    from observed
)

{{ int_select('device', 'final', absent=[
    'id_authority', 'id_value', 'local_system', 'local_code', 'codings', 'status', 'manufacturer', 'model_number', 'serial_number',
]) }}
