with links as (
    select * from {{ ref('int_person_links') }}
    where outcome = 'review' and record_id_l != record_id_r
),

records as (
    select * from {{ ref('int_person_records') }}
),

patients as (
    select
        record_id_l as person_record_id,
        patient_id
    from {{ ref('int_person_links') }}
    where record_id_l = record_id_r
)

select
    links.record_id_l as person_record_id_l,
    links.record_id_r as person_record_id_r,
    patients_l.patient_id as patient_id_l,
    patients_r.patient_id as patient_id_r,
    records_l.source_system as source_system_l,
    records_r.source_system as source_system_r,
    records_l.id_authority as id_authority_l,
    records_l.id_value as id_value_l,
    records_r.id_authority as id_authority_r,
    records_r.id_value as id_value_r,
    links.method,
    links.match_weight,
    links.match_probability,
    links.reason,
    links.evidence
from links
inner join records as records_l on links.record_id_l = records_l.person_record_id
inner join records as records_r on links.record_id_r = records_r.person_record_id
inner join patients as patients_l on links.record_id_l = patients_l.person_record_id
inner join patients as patients_r on links.record_id_r = patients_r.person_record_id
