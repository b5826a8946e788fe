-- Every number of theirs was deleted by its system (A29).
with deleted as (
    select patient_xref.patient_id
    from {{ ref('patient_xref') }} as patient_xref
    left join {{ ref('int_hl7v2__deleted_persons') }} as deleted_persons
        on
            patient_xref.source_system = deleted_persons.source_system
            and patient_xref.id_authority = deleted_persons.id_authority
            and patient_xref.id_value = deleted_persons.id_value
    group by patient_xref.patient_id
    having count(*) = count(deleted_persons.id_value)
)

select * from deleted
