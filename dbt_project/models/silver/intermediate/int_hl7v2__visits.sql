-- The visit that a PV1 speaks of, for what stands beside it in the message.
with segments as (
    select * from {{ ref('stg_hl7v2__pv1') }}
),

final as (
    select
        file_sha256,
        record_index,
        segment_index as pv1_index,
        visit_number,
        visit_namespace,
        admit_date,
        case
            when coalesce(attending, admitting, referring) is not null
                then (coalesce(attending, admitting, referring))[1]
        end as practitioner
    from segments
)

select * from final
