{{ config(materialized='incremental', incremental_strategy='append') }}

-- Where a segment stands follows from the last segments of certain kinds before it: within a
-- transaction set, loops are opened by their first segment and closed by the next sibling or
-- parent (TR3, section 1.12 and B.1.1.4). An index is null outside of its loop.

with received as not materialized (
    select * from {{ new_bronze_records('x12', by_key=true) }}
),

-- A few large transaction sets are one chunk of rows, which keeps one thread busy: so they are shared out, and
-- kept before more is done with them.
{%- for share in [0, 1] %}

    by_segment_{{ share }} as (
        select
            *,
            {{ x12_by_segment('record_text') }} as by_segment
        from received
        where record_index % 2 = {{ share }}
    ),

    unwrapped_{{ share }} as (
        select
            *,
            {{ x12_unwrapped('record_text', 'by_segment') }} as unwrapped_text
        from by_segment_{{ share }}
    ),

    split_{{ share }} as (
        select
            {{ x12_record_key() }} as record_key,
            record_type as transaction_type,
            {{ x12_delimiter('element') }} as element_separator,
            {{ x12_component_separator('record_text') }} as component_separator,
            string_split(unwrapped_text, {{ x12_delimiter('segment') }}) as segment_texts,
            -- One look at a transaction set instead of one at each of its segments.
            (
                contains(unwrapped_text, {{ x12_delimiter('segment') }} || ' ')
                or contains(unwrapped_text, ' ' || {{ x12_delimiter('segment') }})
                or starts_with(unwrapped_text, ' ')
                or ends_with(unwrapped_text, ' ')
                -- Not ASCII alone: there are other blanks.
                or strlen(unwrapped_text) <> length(unwrapped_text)
            ) as has_blanks
        from unwrapped_{{ share }}
    ),

    shared_{{ share }} as (
        select
            * exclude (segment_texts),
            unnest(segment_texts) as segment_text,
            generate_subscripts(segment_texts, 1)::integer as segment_index
        from split_{{ share }}
    ),

    unnested_{{ share }} as materialized (
        select
            record_key,
            transaction_type,
            element_separator,
            component_separator,
            case when has_blanks then trim(segment_text) else segment_text end as segment_text,
            segment_index
        from shared_{{ share }}
    ),
{%- endfor %}

unnested as (
    select * from unnested_0
    union all
    select * from unnested_1
),

identified as (
    select
        record_key,
        transaction_type,
        element_separator,
        component_separator,
        segment_index,
        segment_text,
        split_part(segment_text, element_separator, 1) as segment_id,
        case when starts_with(segment_text, 'HL') then split_part(segment_text, element_separator, 4) end
            as level_code
    from unnested
    -- After the last terminator nothing is left; a segment has an id of two letters at least.
    where strlen(segment_text) > 1
),

marked as (
    select
        record_key,
        segment_index,
        segment_id,
        transaction_type,
        element_separator,
        component_separator,
        segment_text,
        -- HL03: 20 information source (billing provider), 22 subscriber, 23 dependant.
        -- PLB follows the last claim of an 835 and belongs to none.
        {{ x12_last_index("segment_id in ('HL', 'PLB')") }} as level_index,
        {{ x12_last_index("level_code = '20'") }} as billing_index,
        {{ x12_last_index("level_code = '22'") }} as subscriber_index,
        {{ x12_last_index("level_code = '23'") }} as patient_index,
        {{ x12_last_index("segment_id in ('CLM', 'CLP')") }} as claim_index,
        {{ x12_last_index("segment_id = 'SBR'") }} as other_subscriber_index,
        -- A service line opens with SVC in an 835, with LX in an 837 (with its SV segment where LX is missing).
        {{ x12_last_index("segment_id = 'SVC' or (segment_id = 'LX' and transaction_type = '837')") }} as lx_index,
        {{ x12_last_index("segment_id in ('SV1', 'SV2', 'SV3')") }} as service_index,
        {{ x12_last_index("segment_id = 'INS'") }} as member_index,
        {{ x12_last_index("segment_id = 'HD'") }} as coverage_index,
        {{ x12_last_index("segment_id in ('NM1', 'N1')") }} as party_index,
        {{ x12_last_index(
            "segment_id in ('HL', 'CLM', 'CLP', 'SBR', 'LX', 'SV1', 'SV2', 'SV3', 'SV5', 'LIN', 'SVC', 'SVD', "
            "'PLB', 'INS', 'HD', 'COB', 'LS', 'LE', 'ENT', 'RMR', 'SE')"
        ) }} as boundary_index
    from identified
    window x12_order as (partition by record_key order by segment_index rows unbounded preceding)
),

looped as (
    select
        record_key,
        segment_index,
        segment_id,
        transaction_type,
        element_separator,
        component_separator,
        segment_text,
        level_index,
        billing_index,
        case when subscriber_index > coalesce(billing_index, 0) then subscriber_index end as subscriber_index,
        case when patient_index > coalesce(subscriber_index, 0) then patient_index end as patient_index,
        case when claim_index > coalesce(level_index, 0) then claim_index end as claim_index,
        other_subscriber_index,
        case when service_index > coalesce(lx_index, 0) + 1 then service_index else lx_index end as line_index,
        member_index,
        case when coverage_index > member_index then coverage_index end as coverage_index,
        case when party_index > coalesce(boundary_index, 0) then party_index end as party_index
    from marked
)

select
    record_key,
    transaction_type,
    segment_index,
    segment_id,
    element_separator,
    segment_text,
    component_separator,
    level_index,
    billing_index,
    subscriber_index,
    patient_index,
    claim_index,
    case when other_subscriber_index > claim_index then other_subscriber_index end as other_subscriber_index,
    case when line_index > claim_index then line_index end as line_index,
    member_index,
    coverage_index,
    party_index
from looped
