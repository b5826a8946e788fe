{{ config(materialized='incremental', incremental_strategy='append') }}

{%- set formats = [
    '%Y-%m-%d %H:%M:%S', '%Y-%m-%dT%H:%M:%S', '%Y-%m-%d %H:%M', '%Y-%m-%dT%H:%M', '%Y-%m-%d %H:%M:%S.%f',
    '%Y-%m-%dT%H:%M:%S.%f', '%Y-%m-%d', '%m/%d/%Y %H:%M', '%m/%d/%Y',
] %}
with decisions as (
    {{ csv_rows('decisions') }}
),

named as (
    select
        {{ csv_provenance() }},
        time_zone,
        {{ csv_columns([
            'person_record_id_l', 'person_record_id_r', 'source_system_l', 'id_authority_l', 'id_value_l',
            'source_system_r', 'id_authority_r', 'id_value_r', 'decision', 'decided_by', 'decided_at', 'reason',
        ]) }}
    from decisions
    where source_system = 'identity'
)

select
    {{ csv_provenance() }},
    {%- for side in ['l', 'r'] %}
    -- A record may be named by its id or by its number; the id of a number is the same everywhere.
        coalesce(
            lower(person_record_id_{{ side }}),
            {{ uuid_v5('Person', 'source_system_' ~ side, "id_authority_" ~ side ~ " || '|' || id_value_" ~ side) }}
        ) as person_record_id_{{ side }},
    {%- endfor %}
    decision as decision_text,
    case regexp_replace(lower(decision), '[^a-z]+', ' ', 'g')
        when 'link' then 'link'
        when 'do not link' then 'do not link'
    end as decision,
    decided_by,
    -- With an offset the time is what it says, without one it is the feed's.
    case
        when regexp_matches(decided_at, ':[0-9.]+ ?(Z|[+-][0-9]{2}(:?[0-9]{2})?)$')
            then make_timestamp(epoch_us(try_cast(decided_at as timestamptz)))
        else {{ csv_timestamp('decided_at', formats) }}
    end as decided_at,
    reason
from named
