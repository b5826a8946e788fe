-- A visit ends after it begins. 2026-11-21, warn: what a source carries is kept and shown, not corrected.
{{ config(severity='warn') }}

select encounter_id
from {{ ref('encounter') }}
where
    end_at < start_at
    -- An end known to the day alone may stand before the hour at which the same day's visit began.
    and not (end_at_precision in ('day', 'month', 'year') and cast(end_at as date) >= cast(start_at as date))
