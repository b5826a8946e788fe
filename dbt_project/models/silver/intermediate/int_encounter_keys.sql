select distinct
    match_key as visit_key,
    encounter_id
from {{ ref('int_encounter_versions') }}
where visit_number is not null
