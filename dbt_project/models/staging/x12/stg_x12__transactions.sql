{{ config(materialized='incremental', incremental_strategy='append') }}

with records as (
    select
        *,
        {{ x12_record_key() }} as record_key
    from {{ new_bronze_records('x12') }}
),

feeds as (
    select * from {{ source('ingest', 'feeds') }}
),

segments as (
    {{ x12_segments() }}
),

headers as (
    select
        record_key,
        max(segment_index) as segment_count,
        -- 837, 27x: BHT; 834: BGN; 835: BPR and TRN.
        {{ x12_first(x12_element(2), "segment_id = 'BHT'") }} as purpose_code,
        {{ x12_first(x12_element(3), "segment_id = 'BHT'") }} as batch_reference,
        {{ x12_first(x12_element(4), "segment_id = 'BHT'") }} as header_date,
        {{ x12_first(x12_element(5), "segment_id = 'BHT'") }} as header_time,
        {{ x12_first(x12_element(6), "segment_id = 'BHT'") }} as claim_or_encounter_code,
        {{ x12_first(x12_element(1), "segment_id = 'BGN'") }} as enrollment_purpose_code,
        {{ x12_first(x12_element(2), "segment_id = 'BGN'") }} as enrollment_reference,
        {{ x12_first(x12_element(3), "segment_id = 'BGN'") }} as enrollment_date,
        {{ x12_first(x12_element(4), "segment_id = 'BGN'") }} as enrollment_time,
        {{ x12_first(x12_element(8), "segment_id = 'BGN'") }} as enrollment_action_code,
        {{ x12_first(x12_element(1), "segment_id = 'BPR'") }} as payment_handling_code,
        {{ x12_first(x12_element(2), "segment_id = 'BPR'") }} as payment_amount,
        {{ x12_first(x12_element(4), "segment_id = 'BPR'") }} as payment_method_code,
        {{ x12_first(x12_element(16), "segment_id = 'BPR'") }} as payment_date,
        {{ x12_first(x12_element(2), "segment_id = 'TRN'") }} as payment_trace_number,
        {{ x12_date_text('405', segment='DTM') }} as production_date,
        -- 004010 names the implementation guide in REF*87 where GS08 does not.
        {{ x12_reference('87') }} as guide_reference
    from segments
    where
        segment_id in ('ST', 'BHT', 'BGN', 'BPR', 'TRN', 'DTM', 'REF', 'SE')
        and claim_index is null
        and member_index is null
        and level_index is null
    group by all
),

described as (
    select
        records.*,
        headers.* exclude (record_key), -- noqa: RF02
        coalesce(records.version, headers.guide_reference) as guide,
        coalesce(feeds.time_zone, 'UTC') as time_zone,
        coalesce(headers.header_date, headers.enrollment_date) as message_date,
        coalesce(headers.header_time, headers.enrollment_time) as message_time,
        regexp_replace(json_extract_string(records.envelope, '$.group_date'), '[^0-9]', '', 'g') as group_digits,
        regexp_replace(json_extract_string(records.envelope, '$.interchange_date'), '[^0-9]', '', 'g')
            as interchange_digits
    from records
    left join feeds
        on records.source_system = feeds.source_system and records.feed = feeds.feed
    left join headers
        on records.record_key = headers.record_key
),

timed as (
    select
        *,
        coalesce(
            {{ x12_timestamp('message_date', 'message_time') }},
            {{ x12_timestamp('group_digits', 'substr(group_digits, 9, 4)') }},
            try_strptime(left(interchange_digits, 10), '%y%m%d%H%M'),
            try_strptime(coalesce(production_date, payment_date), '%Y%m%d')
        ) as message_local_at
    from described
)

select
    {{ x12_provenance('timed') }},
    record_key,
    {{ to_utc('message_local_at', 'time_zone') }} as message_at,
    record_type as transaction_type,
    -- The implementation guide decides what a transaction set is about: 837 professional (X222, 004010 X098),
    -- institutional (X223, X096) or dental (X224, X097).
    case
        when record_type != '837' then null
        when regexp_matches(guide, 'X(222|098)') then 'professional'
        when regexp_matches(guide, 'X(223|096)') then 'institutional'
        when regexp_matches(guide, 'X(224|097)') then 'dental'
    end as claim_type,
    control_id,
    guide as version,
    json_extract_string(envelope, '$.functional_id') as functional_id,
    json_extract_string(envelope, '$.interchange_sender') as interchange_sender,
    json_extract_string(envelope, '$.interchange_receiver') as interchange_receiver,
    json_extract_string(envelope, '$.interchange_control') as interchange_control,
    json_extract_string(envelope, '$.group_control') as group_control,
    coalesce(purpose_code, enrollment_purpose_code) as purpose_code,
    coalesce(batch_reference, enrollment_reference) as batch_reference,
    claim_or_encounter_code,
    enrollment_action_code,
    payment_handling_code,
    {{ x12_decimal('payment_amount') }} as payment_amount,
    payment_method_code,
    {{ x12_date('payment_date') }} as payment_date,
    payment_trace_number,
    {{ x12_date('production_date') }} as production_date,
    segment_count
from timed
