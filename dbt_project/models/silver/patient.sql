-- noqa: disable=LT01, LT02, ST07
-- The person as identity knows them: identity's rules of survivorship choose each group of details; here they
-- meet the numbers of every system, and how precisely birth and death are known.
{%- set sources = ['hl7v2', 'fhir', 'x12', 'csv'] %}
with golden as (
    select * from {{ ref('int_patient_golden') }}
),

patient_xref as (
    select * from {{ ref('patient_xref') }}
),

-- Over a million words: what each number was told is put together before it is asked whose number it is.
words as not materialized (
    {{ int_union('patient', sources) }}
),

of_numbers as (
    select
        source_system,
        id_authority,
        id_value,
        max({{ word_order() }}) as word,
        list(source_record_id) as source_record_ids,
        max(struct_pack(word := {{ word_order() }}, country := country)) filter (where country is not null) as country,
        max({{ word_order() }}) filter (where list_contains(null_columns, 'country')) as country_erased,
        max(struct_pack(word := {{ word_order() }}, is_deceased := is_deceased)) filter (where is_deceased is not null) as death,
        max({{ word_order() }}) filter (where list_contains(null_columns, 'is_deceased')) as death_erased,
        max(struct_pack(
            word := {{ word_order() }}, deceased_at := deceased_at, "precision" := deceased_at_precision
        )) filter (where deceased_at is not null) as deceased,
        max({{ word_order() }}) filter (where list_contains(null_columns, 'deceased_at')) as deceased_erased
    from words
    group by source_system, id_authority, id_value
),

known as (
    select
        of_numbers.*,
        patient_xref.patient_id
    from of_numbers
    inner join patient_xref using (source_system, id_authority, id_value)
),

-- Whether somebody died, and their country, by the last word of each record number: what a system takes back (PID-30 `N`, an
-- HL7 null) it no longer says, but another may.
newest as (
    select
        patient_id,
        max(struct_pack(word := word, source_system := source_system)) as lead,
        list(source_system) as source_systems,
        flatten(list(source_record_ids)) as source_record_ids,
        max(country) filter (where country_erased is null or country_erased <= country.word) as country,
        -- Null where nobody says.
        bool_or(death.is_deceased) filter (where death_erased is null or death_erased <= death.word) as is_deceased,
        max(deceased) filter (where deceased_erased is null or deceased_erased <= deceased.word) as deceased
    from known
    group by patient_id
),

said_numbers as (
    select
        source_system,
        id_authority,
        id_value,
        unnest(identifiers) as number
    from words
),

numbers as (
    select distinct *
    from said_numbers
    where number."value" is not null
),

identifiers as (
    select
        patient_xref.patient_id,
        list_transform(
            list_sort(list_distinct(list(struct_pack(
                source_system := numbers.number.source_system, authority := numbers.number.authority,
                "type" := numbers.number."type", "value" := numbers.number."value", "system" := numbers.number."system"
            )))),
            lambda one: struct_pack(
                "system" := one."system", authority := one.authority, "type" := one."type", "value" := one."value",
                source_system := one.source_system
            )
        ) as identifiers
    from numbers
    inner join patient_xref using (source_system, id_authority, id_value)
    group by patient_xref.patient_id
),

-- What came as FHIR Patient resources: the newest word of each, the newest first.
received as (
    select
        resources.patient_id,
        list(
            fhir_received.received_resource
            order by {{ newest_first('resources') }}
        ) as received_resources,
        any_value(fhir_received.received_versions) as received_versions
    from ({{ int_with_patient('patient', ['fhir']) }}) as resources
    inner join {{ ref('int_fhir_received') }} as fhir_received on resources.received = fhir_received.received_record_id
    where fhir_received.received_type = 'Patient' and fhir_received.received_is_newest and resources.patient_id is not null
    group by resources.patient_id
),

-- What identity knows of a patient, also where a message only names them in passing (a subscriber, a merged number).
recorded as (
    select
        patient_xref.patient_id,
        max_by(person_records.source_system, (person_records.last_word, person_records.person_record_id)) as source_system,
        max_by(person_records.first_source_record_id, (person_records.last_word, person_records.person_record_id))
            as source_record_id,
        max(person_records.last_recorded_at) as recorded_at,
        list(person_records.source_system) as source_systems,
        list(person_records.first_source_record_id) as source_record_ids
    from {{ ref('int_person_records') }} as person_records
    inner join patient_xref
        on person_records.person_record_id = patient_xref.person_record_id
    group by patient_xref.patient_id
),

patients as (
    select
        golden.patient_id,
        deleted.patient_id is null as is_active,
        golden.family,
        golden.given,
        golden.middle,
        golden.suffix,
        golden.birth_date,
        golden.birth_date_precision,
        case upper(golden.sex)
            when 'M' then 'male'
            when 'F' then 'female'
            when 'MALE' then 'male'
            when 'FEMALE' then 'female'
            when 'O' then 'other'
            when 'OTHER' then 'other'
            else 'unknown'
        end as sex,
        golden.ssn,
        golden.phone,
        golden.email,
        golden.address_line,
        golden.city,
        golden.state,
        golden.postal_code,
        newest.country.country as country,
        golden.county_fips,
        golden.race_code,
        golden.ethnicity_code,
        golden.language,
        golden.marital_status,
        received.received_resources,
        received.received_versions,
        newest.deceased.deceased_at as deceased_at,
        newest.deceased."precision" as deceased_at_precision,
        coalesce(newest.is_deceased or newest.deceased.deceased_at is not null, false) as is_deceased,
        newest.is_deceased as told_deceased,
        coalesce(identifiers.identifiers, []) as identifiers,
        {{ golden_first_names('details.names', 'golden') }} as names,
        {{ golden_first_telecoms('details.telecoms', 'golden') }} as telecoms,
        {{ golden_first_addresses('details.addresses', 'golden') }} as addresses,
        details.mother_maiden_name,
        details.religion_code,
        details.birth_place,
        details.is_multiple_birth,
        details.birth_order,
        details.driver_license,
        {{ practitioner_id('details.general_practitioner_key') }} as general_practitioner_id,
        details.driver_license_state,
        details.other_numbers,
        details.details_source_system,
        details.note,
        details.issued_keys,
        details.issued_numbers,
        {{ golden_races('details.race_codes', 'golden.race_code') }} as races,
        {{ golden_ethnicities('details.ethnicity_codes', 'golden.ethnicity_code') }} as ethnicities,
        details.citizenships,
        details.disabilities,
        details.congregation,
        {{ organization_id('details.general_practice_key') }} as general_practice_id,
        details.nationalities,
        case when details.born.birth_date = golden.birth_date then details.born.born_at end as born_at,
        contacts.contacts,
        coalesce(newest.lead.source_system, recorded.source_system) as source_system,
        list_sort(list_distinct(list_concat(newest.source_systems, recorded.source_systems))) as source_systems,
        coalesce(newest.lead.word.record, recorded.source_record_id) as source_record_id,
        list_sort(list_distinct(coalesce(newest.source_record_ids, recorded.source_record_ids))) as source_record_ids,
        coalesce(newest.lead.word.recorded_at, recorded.recorded_at) as recorded_at
    from golden
    inner join recorded on golden.patient_id = recorded.patient_id
    left join newest on golden.patient_id = newest.patient_id
    left join identifiers on golden.patient_id = identifiers.patient_id
    left join received on golden.patient_id = received.patient_id
    left join {{ ref('int_patient_contacts') }} as contacts on golden.patient_id = contacts.patient_id
    left join {{ ref('int_deleted_patients') }} as deleted on golden.patient_id = deleted.patient_id
    left join {{ ref('int_patient_details__hl7v2') }} as details on golden.patient_id = details.patient_id
),

built as (
    select
        * exclude (driver_license_state, other_numbers, details_source_system, note, issued_keys, issued_numbers, races, ethnicities, citizenships, nationalities,
            born_at, disabilities, congregation, general_practice_id, contacts, told_deceased),
        {{ fhir_object({
            'resourceType': fhir_constant('Patient'),
            'id': fhir_token('patient_id'),
            'meta': fhir_meta(),
            'extension': fhir_array([
                fhir_us_core_category(
                    'http://hl7.org/fhir/us/core/StructureDefinition/us-core-race', 'races',
                    ['1002-5', '2028-9', '2054-5', '2076-8', '2106-3', '2131-1']
                ),
                fhir_us_core_category(
                    'http://hl7.org/fhir/us/core/StructureDefinition/us-core-ethnicity', 'ethnicities', ['2135-2', '2186-5']
                ),
                "nullif(" ~ fhir_patient_extensions() ~ ", '')",
            ]),
            'identifier': fhir_list(
                "list_concat(list_transform(identifiers, lambda number: " ~ fhir_patient_identifier() ~ "), " ~ fhir_patient_other_identifiers() ~ ")"
            ),
            'active': "case when not is_active then 'false' end",
            'name': fhir_human_names('names'),
            'telecom': fhir_contact_points('telecoms'),
            'gender': fhir_token('sex'),
            'birthDate': fhir_on('birth_date', 'birth_date_precision'),
            '_birthDate': fhir_birth_time('born_at'),
            'deceasedDateTime': fhir_at('deceased_at', 'deceased_at_precision'),
            'deceasedBoolean': "case when deceased_at is null then " ~ fhir_boolean('told_deceased') ~ " end",
            'address': fhir_postal_addresses('addresses'),
            'contact': 'contacts',
            'multipleBirthInteger': "case when birth_order > 0 then " ~ fhir_integer('birth_order') ~ " end",
            'multipleBirthBoolean': "case when (birth_order > 0) is not true then " ~ fhir_boolean('is_multiple_birth') ~ " end",
            'generalPractitioner': fhir_array([
                fhir_reference('Organization', 'general_practice_id'), fhir_reference('Practitioner', 'general_practitioner_id'),
            ]),
            'maritalStatus': fhir_codeable_concept(
                "case when marital_status in ('D', 'I', 'L', 'M', 'S', 'W') then 'http://terminology.hl7.org/CodeSystem/v3-MaritalStatus' when marital_status is not null then 'http://terminology.hl7.org/CodeSystem/v2-0002' end",
                'marital_status'
            ),
            'communication': fhir_array(["case when language is not null then " ~ fhir_object({
                'language': fhir_codeable_concept("'urn:ietf:bcp:47'", 'language'),
            }) ~ " end"]),
        }) }} as built_json
    from patients
),

final as (
    select
        * exclude (received_resources, received_versions, built_json),
        {{ fhir_patient_with_received() }} as fhir_json
    from built
)

select * from final
