-- What identity has linked to a patient is named among the sources of that patient.
with linked as (
    select distinct
        patient_id,
        source_system
    from {{ ref('patient_xref') }}
    where patient_id is not null
),

shown as (
    select
        patient_id,
        unnest(source_systems) as source_system
    from {{ ref('patient_360') }}
)

select linked.*
from linked
left join shown
    on linked.patient_id = shown.patient_id and linked.source_system = shown.source_system
where shown.patient_id is null
