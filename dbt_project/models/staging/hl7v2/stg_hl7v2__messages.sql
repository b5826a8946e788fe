-- noqa: disable=LT09
{{ config(materialized='incremental') }}
{% set files = hl7v2_files() %}
{% set header %}
        {{ hl7_at_precision('7') }} as message_at_precision,
        time_zone,
        {{ hl7('9.1') }} as message_code,
        {{ hl7('9.2') }} as trigger_event,
        {{ hl7('9.3') }} as message_structure,
        {{ hl7('3.1') }} as sending_application,
        {{ hl7('4.1') }} as sending_facility,
        {{ hl7('4.2') }} as sending_facility_id,
        {{ hl7('5.1') }} as receiving_application,
        {{ hl7('6.1') }} as receiving_facility,
        {{ hl7('11.1') }} as processing_id,
        {{ hl7('12.1') }} as version,
        {{ hl7('18') }} as character_set
{%- endset %}

with messages as (
    {{ hl7v2_messages(files) }}
),

headers as (
    select
        *,
        -- MSH-1 is the separator itself: the others stand one place further on than in other segments.
        string_split('MSH|' || segment_texts[1], '|') as fields,
        -- The keys of a histogram are distinct and sorted; list_sort and list_distinct take three times as long.
        map_keys(list_histogram(list_transform(segment_texts, lambda segment_text: substr(segment_text, 1, 3)))) as segment_ids
    from messages
),

parts as (
    select
        *
        {{- hl7v2_values(header) }}
    from headers
),

typed as (
    select
        source_system,
        feed,
        file_sha256,
        record_index,
        source_record_id,
        received_at,
        message_type,
        control_id,
        message_at,
        {{- header }},
        segment_ids,
        len(segment_texts) as segment_count
    from parts
)

select * from typed
