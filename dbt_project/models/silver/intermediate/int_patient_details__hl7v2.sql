{{ config(materialized='view') }}
-- noqa: disable=LT02
-- What PID and PD1 say of a patient beyond what identity reconciles: every name, number and address with its use
-- (PID-5, -9, -11, -13, -14, -40), every race, citizenship and nationality, the time of birth, mother's maiden name, religion, birth place, multiple birth, other numbers (PID-2,
-- -4, -20). Of each field the newest that is there counts: a list is replaced, not gathered (2.10.4.1, snapshot mode); an HL7
-- null erases what the same number was told before, an absent field does not (2.5.3).
{%- set fields = {
    'names': ('list_concat(segments.names, segments.aliases)', ['5']),
    'phones': ('nullif(segments.phones, [])', ['13']),
    'addresses': ('segments.addresses', ['11']),
    'mother_maiden_name': ('segments.mother_maiden_names[1].family', ['6']),
    'religion': ('segments.religion', ['17']),
    'birth_place': ('segments.birth_place', ['23']),
    'multiple_birth': ('segments.multiple_birth', ['24']),
    'birth_order': ('segments.birth_order', ['25']),
    'driver_license': ('segments.driver_license', ['20']),
    'driver_license_state': ('segments.driver_license_state', ['20']),
    'other_numbers': (
        'nullif(list_filter(list_concat(segments.external_ids, segments.alternate_ids), lambda number: number.value is not null), [])',
        ['2', '4'],
    ),
    'issued_numbers': (
        'nullif(list_filter(segments.patient_ids, lambda number: '
        ~ 'coalesce(number.issued."by", number.issued."start", number.issued."end") is not null), [])', ['3'],
    ),
    'races': ('segments.races', ['10']),
    'ethnicities': ('segments.ethnicities', ['22']),
    'citizenships': ('nullif(list_concat(segments.citizenships, segments.tribes), [])', ['26', '39']),
    'nationalities': ('segments.nationalities', ['28']),
    'born': (
        'case when segments.born_at is not null then struct_pack(born_at := segments.born_at, birth_date := segments.birth_date) end',
        ['7'],
    ),
    'note': ('notes.note', []),
    'care': (
        'case when careful.primary_care_provider is not null '
        ~ 'then struct_pack(provider := careful.primary_care_provider, source_system := segments.source_system) end', [],
    ),
    'place_of_care': (
        'case when coalesce(careful.primary_facility.name, careful.primary_facility."value") is not null '
        ~ 'then struct_pack(facility := careful.primary_facility, source_system := segments.source_system) end', [],
    ),
    'disabilities': ('careful.disabilities', []),
    'congregation': ('careful.congregation', []),
} %}
{%- set word = word_key('segments', place='pid_index') %}
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
        arg_min(primary_care_providers[1], segment_index) as primary_care_provider,
        arg_min(primary_facilities[1], segment_index) as primary_facility,
        arg_min(disabilities, segment_index) as disabilities,
        arg_min(congregation, segment_index) as congregation
    from {{ ref('stg_hl7v2__pd1') }}
    where coalesce(primary_care_providers[1].value, primary_facilities[1].name, primary_facilities[1].value, disabilities[1].code, congregation) is not null
    group by file_sha256, record_index, pid_index
),

notes as (
    {{ hl7_notes() }}
),

of_numbers as (
    select
        segments.source_system,
        persons.id_authority,
        persons.id_value,
        {%- for name, (expression, paths) in fields.items() %}
        max_by(struct_pack(said := {{ expression }}), {{ word }})
            filter (where {{ expression }} is not null{% if paths %} or list_has_any(segments.null_fields, {{ paths }}){% endif %}) as {{ name }},
        {%- endfor %}
        max({{ word }}) as word
    from segments
    {{ hl7_join_person() }}
    {{ hl7_join_segment('careful', 'careful', 'segments.pid_index', column='pid_index') }}
    {{ hl7_join_segment('notes', 'notes', 'segments.pid_index', column='parent_index') }}
    where persons.id_value is not null
    group by segments.source_system, persons.id_authority, persons.id_value
),

of_patients as (
    select
        patient_xref.patient_id,
        {%- for name in fields %}
        {%- if name == 'issued_numbers' %}
        list_sort(flatten(list(of_numbers.issued_numbers.said) filter (where of_numbers.issued_numbers.said is not null))) as issued_numbers,
        {%- else %}
        max_by(of_numbers.{{ name }}.said, of_numbers.word) filter (where of_numbers.{{ name }}.said is not null) as {{ name }},
        {%- endif %}
        {%- endfor %}
        max_by(of_numbers.source_system, of_numbers.word) as source_system
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
        patient_id,
        {{ hl7_person_names('of_patients.names') }} as names,
        {{ hl7_person_telecoms('of_patients.phones') }} as telecoms,
        {{ hl7_person_addresses('of_patients.addresses') }} as addresses,
        mother_maiden_name,
        religion as religion_code,
        birth_place,
        multiple_birth = 'Y' as is_multiple_birth,
        birth_order,
        driver_license,
        driver_license_state,
        other_numbers,
        -- Who issued a number and for when, by the number: a list, as few are told so.
        list_transform(issued_numbers, lambda number: concat_ws(chr(31), number."value", number.authority)) as issued_keys,
        list_transform(issued_numbers, lambda number: {
            'issuer': number.issued."by",
            {{ hl7_validity('number.issued') }}
        }) as issued_numbers,
        list_transform(races, lambda race: race.code) as race_codes,
        list_transform(ethnicities, lambda ethnicity: ethnicity.code) as ethnicity_codes,
        {{ hl7_concept_parts('citizenships', 'source_system') }} as citizenships,
        {{ hl7_concept_parts('nationalities', 'source_system') }} as nationalities,
        born,
        note,
        source_system as details_source_system,
        {{ hl7_practitioner_key('care.provider', 'care.source_system') }} as general_practitioner_key,
        {{ organization_key('null', 'place_of_care.source_system', 'place_of_care.facility."value"', 'place_of_care.facility.name') }}
            as general_practice_key,
        {{ hl7_concept_parts('disabilities', 'source_system') }} as disabilities,
        congregation
    from of_patients
)

select * from final
