-- The number that a visit has, and those that it had before.
with versions as (
    select * from {{ ref('int_encounter_versions') }}
    where visit_number is not null
),

keys as (
    select
        match_key as visit_key,
        encounter_id,
        0 as place
    from versions
    union
    select
        said_visit_key,
        encounter_id,
        1 as place
    from versions
)

select
    visit_key,
    arg_min(encounter_id, (place, encounter_id)) as encounter_id
from keys
group by visit_key
