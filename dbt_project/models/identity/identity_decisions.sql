-- The last word on a pair counts: by when it was decided (never later than it was received: a clock or
-- a typing error must not rule for ever), then by when it came; at one moment `do not link` stands.
with received as (
    select * replace (make_timestamp(epoch_us(received_at)) as received_at)
    from {{ ref('stg_identity__decisions') }}
),

decisions as (
    select
        *,
        least(person_record_id_l, person_record_id_r) as record_id_l,
        greatest(person_record_id_l, person_record_id_r) as record_id_r,
        least(coalesce(decided_at, received_at), received_at) as effective_at
    from received
),

records as (
    select person_record_id from {{ ref('int_person_records') }}
),

judged as (
    select
        decisions.*,
        case
            when decisions.decision is null then 'not understood'
            when records_l.person_record_id is null or records_r.person_record_id is null
                then 'unknown record'
            when decisions.record_id_l = decisions.record_id_r then 'one record twice'
        end as problem
    from decisions
    left join records as records_l on decisions.person_record_id_l = records_l.person_record_id
    left join records as records_r on decisions.person_record_id_r = records_r.person_record_id
)

select
    source_record_id as decision_id,
    record_id_l as person_record_id_l,
    record_id_r as person_record_id_r,
    decision,
    decided_by,
    decided_at,
    effective_at,
    received_at,
    reason,
    coalesce(
        problem,
        case
            when
                row_number() over (
                    partition by record_id_l, record_id_r, problem
                    order by effective_at desc, received_at desc, decision = 'do not link' desc, {{ record_order() }} desc, source_record_id desc
                ) = 1
                then 'in force'
            else 'superseded'
        end
    ) as status
from judged
