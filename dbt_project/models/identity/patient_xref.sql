with records as (
    select * from {{ ref('int_person_records') }}
),

links as (
    select * from {{ ref('int_person_links') }}
    where record_id_l = record_id_r
)

select
    records.source_system,
    records.id_authority,
    records.id_value,
    records.person_record_id,
    links.patient_id,
    links.method as link_method,
    links.match_probability
from records
inner join links on records.person_record_id = links.record_id_l
