{{ config(severity='warn') }}
-- Two decisions can contradict a third (a is b, b is c, a is not c): a steward has to look again.
with decisions as (
    select * from {{ ref('identity_decisions') }}
    where status = 'in force'
),

xref as (
    select * from {{ ref('patient_xref') }}
)

select
    decisions.decision_id,
    decisions.decision
from decisions
inner join xref as xref_l on decisions.person_record_id_l = xref_l.person_record_id
inner join xref as xref_r on decisions.person_record_id_r = xref_r.person_record_id
where (xref_l.patient_id = xref_r.patient_id) != (decisions.decision = 'link')
