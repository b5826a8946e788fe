-- A steward's word as the feed `identity/decisions` brings it; the last word on a pair counts.
with decisions as (
    select * from {{ ref('steward_decisions') }}
)

select
    decisions.person_record_id_l::varchar as record_id_l,
    decisions.person_record_id_r::varchar as record_id_r,
    decisions.decision::varchar as decision,
    decisions.decided_on::date as decided_on,
    decisions.decided_by::varchar as decided_by
from decisions
qualify
    row_number() over (
        partition by
            least(decisions.person_record_id_l::varchar, decisions.person_record_id_r::varchar),
            greatest(decisions.person_record_id_l::varchar, decisions.person_record_id_r::varchar)
        order by decisions.decided_on desc, decisions.decision asc
    ) = 1
