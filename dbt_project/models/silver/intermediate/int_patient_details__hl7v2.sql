-- noqa: disable=LT02
-- What PID and PD1 say of a patient beyond what identity reconciles: every name, number and address with its use
-- (PID-5, -9, -11, -13, -14, -40), mother's maiden name, religion, birth place, multiple birth, other numbers (PID-2,
-- -4, -20). The newest PID of a patient counts as a whole: a list is replaced, not gathered (2.10.4.1, snapshot mode).
with segments as (
    select
        *,
        segment_index as pid_index
    from {{ ref('stg_hl7v2__pid') }}
),

careful as (
    select
        file_sha256,
        record_index,
        pid_index,
        any_value(primary_care_providers[1]) as primary_care_provider
    from {{ ref('stg_hl7v2__pd1') }}
    where primary_care_providers is not null
    group by file_sha256, record_index, pid_index
),

of_numbers as (
    select
        segments.source_system,
        persons.id_authority,
        persons.id_value,
        max_by(
            struct_pack(file_sha256 := segments.file_sha256, record_index := segments.record_index, pid_index := segments.pid_index),
            (coalesce(segments.message_at, segments.received_at), segments.received_at, segments.source_record_id, segments.pid_index)
        ) as place,
        max_by(
            struct_pack(file_sha256 := segments.file_sha256, record_index := segments.record_index, pid_index := segments.pid_index),
            (coalesce(segments.message_at, segments.received_at), segments.received_at, segments.source_record_id, segments.pid_index)
        ) filter (where careful.primary_care_provider is not null) as care_place,
        max((coalesce(segments.message_at, segments.received_at), segments.received_at, segments.source_record_id)) as said_at
    from segments
    {{ hl7_join_person() }}
    {{ hl7_join_segment('careful', 'careful', 'segments.pid_index', column='pid_index') }}
    where persons.id_value is not null
    group by segments.source_system, persons.id_authority, persons.id_value
),

of_patients as (
    select
        patient_xref.patient_id,
        max_by(of_numbers.place, of_numbers.said_at) as place,
        max_by(of_numbers.care_place, of_numbers.said_at) filter (where of_numbers.care_place is not null) as care_place
    from of_numbers
    inner join {{ ref('patient_xref') }} as patient_xref
        on
            of_numbers.source_system = patient_xref.source_system
            and of_numbers.id_authority = patient_xref.id_authority
            and of_numbers.id_value = patient_xref.id_value
    group by patient_xref.patient_id
),

final as (
    select
        of_patients.patient_id,
        {{ hl7_person_names('list_concat(segments.names, segments.aliases)') }} as names,
        {{ hl7_person_telecoms('segments.phones') }} as telecoms,
        {{ hl7_person_addresses('segments.addresses') }} as addresses,
        segments.mother_maiden_names[1].family as mother_maiden_name,
        segments.religion as religion_code,
        segments.birth_place,
        segments.multiple_birth = 'Y' as is_multiple_birth,
        segments.birth_order,
        segments.driver_license,
        segments.driver_license_state,
        list_filter(
            list_concat(segments.external_ids, segments.alternate_ids), lambda number: number.value is not null
        ) as other_numbers,
        segments.source_system as details_source_system,
        {{ hl7_practitioner_key('careful.primary_care_provider', 'segments.source_system') }} as general_practitioner_key
    from of_patients
    inner join segments
        on
            of_patients.place.file_sha256 = segments.file_sha256
            and of_patients.place.record_index = segments.record_index
            and of_patients.place.pid_index = segments.pid_index
    left join careful
        on
            of_patients.care_place.file_sha256 = careful.file_sha256
            and of_patients.care_place.record_index = careful.record_index
            and of_patients.care_place.pid_index = careful.pid_index
)

select * from final
