{{ config(severity='warn') }}
-- A decision about a record that nobody sent, or in words that nobody knows, is reported and left out.
select
    decision_id,
    status
from {{ ref('identity_decisions') }}
where status not in ('in force', 'superseded')
