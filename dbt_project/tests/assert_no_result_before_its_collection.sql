-- A laboratory result is issued after what it is about was collected. 2026-11-21, warn: what a source carries is kept
-- and shown, not corrected.
{{ config(severity='warn') }}

select observation_id
from {{ ref('observation') }}
where
    category = 'laboratory'
    and issued_at < effective_at
    and status in ('final', 'corrected', 'amended')
    and coalesce(effective_at_precision, 'second') not in ('day', 'month', 'year')
