select
    person_record_id_l as record_id_l,
    person_record_id_r as record_id_r,
    decision,
    effective_at,
    decided_by
from {{ ref('identity_decisions') }}
where status = 'in force'
