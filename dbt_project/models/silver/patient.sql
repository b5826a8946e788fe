-- The person as identity knows them: identity's rules of survivorship choose each group of details; here they
-- meet the numbers of every system, and how precisely birth and death are known.
{%- set sources = ['hl7v2', 'fhir', 'x12', 'csv'] %}
with golden as (
    select * from {{ ref('int_patient_golden') }}
),

sources as (
    {{ int_with_patient('patient', sources) }}
),

known as (
    select * from sources
    where patient_id is not null
),

numbers as (
    select distinct
        patient_id,
        unnest(identifiers) as identifier
    from known
),

identifiers as (
    select
        patient_id,
        list(identifier order by identifier.source_system, identifier.authority, identifier."type", identifier."value") as identifiers
    from numbers
    where identifier."value" is not null
    group by patient_id
),

newest as (
    select
        patient_id,
        max_by(
            {'source_system': source_system, 'source_record_id': source_record_id, 'recorded_at': recorded_at},
            (recorded_at, received_at, source_record_id, record_order)
        ) as lead,
        max_by(country, (recorded_at, received_at, source_record_id, record_order)) filter (where country is not null) as country,
        max_by(
            {'at': deceased_at, 'precision': deceased_at_precision}, (recorded_at, received_at, source_record_id, record_order)
        ) filter (where deceased_at is not null) as deceased,
        max_by(received, (recorded_at, received_at, source_record_id, record_order)) filter (where received is not null) as received,
        bool_or(is_deceased) as is_deceased,
        list_sort(list_distinct(list(source_system))) as source_systems,
        list_sort(list_distinct(list(source_record_id))) as source_record_ids
    from known
    group by patient_id
),

-- What identity knows of a patient, also where a message only names them in passing (a subscriber, a merged number).
recorded as (
    select
        patient_xref.patient_id,
        max_by(person_records.source_system, (person_records.last_recorded_at, person_records.person_record_id)) as source_system,
        max_by(person_records.first_source_record_id, (person_records.last_recorded_at, person_records.person_record_id))
            as source_record_id,
        max(person_records.last_recorded_at) as recorded_at,
        list_distinct(list(person_records.source_system)) as source_systems,
        list_sort(list_distinct(list(person_records.first_source_record_id))) as source_record_ids
    from {{ ref('int_person_records') }} as person_records
    inner join {{ ref('patient_xref') }} as patient_xref
        on person_records.person_record_id = patient_xref.person_record_id
    group by patient_xref.patient_id
),

patients as (
    select
        golden.patient_id,
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
        newest.country,
        golden.county_fips,
        golden.race_code,
        golden.ethnicity_code,
        golden.language,
        golden.marital_status,
        newest.received as further_extensions,
        newest.deceased."at" as deceased_at,
        newest.deceased."precision" as deceased_at_precision,
        coalesce(newest.is_deceased, newest.deceased."at" is not null, false) as is_deceased,
        coalesce(identifiers.identifiers, []) as identifiers,
        coalesce(newest.lead.source_system, recorded.source_system) as source_system,
        list_sort(list_distinct(list_concat(newest.source_systems, recorded.source_systems))) as source_systems,
        coalesce(newest.lead.source_record_id, recorded.source_record_id) as source_record_id,
        coalesce(newest.source_record_ids, recorded.source_record_ids) as source_record_ids,
        coalesce(newest.lead.recorded_at, recorded.recorded_at) as recorded_at
    from golden
    inner join recorded on golden.patient_id = recorded.patient_id
    left join newest on golden.patient_id = newest.patient_id
    left join identifiers on golden.patient_id = identifiers.patient_id
),

final as (
    select
        * exclude (further_extensions),
        {{ fhir_object({
            'resourceType': fhir_constant('Patient'),
            'id': fhir_token('patient_id'),
            'meta': fhir_meta(),
            'extension': fhir_array([
                "case when race_code is not null then " ~ fhir_object({
                    'url': fhir_constant('http://hl7.org/fhir/us/core/StructureDefinition/us-core-race'),
                    'extension': fhir_array([
                        fhir_object({'url': fhir_constant('ombCategory'), 'valueCoding': fhir_coding("'urn:oid:2.16.840.1.113883.6.238'", 'race_code', 'null::varchar')}),
                        fhir_object({'url': fhir_constant('text'), 'valueString': fhir_string('race_code')}),
                    ]),
                }) ~ " end",
                "case when ethnicity_code is not null then " ~ fhir_object({
                    'url': fhir_constant('http://hl7.org/fhir/us/core/StructureDefinition/us-core-ethnicity'),
                    'extension': fhir_array([
                        fhir_object({'url': fhir_constant('ombCategory'), 'valueCoding': fhir_coding("'urn:oid:2.16.840.1.113883.6.238'", 'ethnicity_code', 'null::varchar')}),
                        fhir_object({'url': fhir_constant('text'), 'valueString': fhir_string('ethnicity_code')}),
                    ]),
                }) ~ " end",
                'further_extensions',
            ]),
            'identifier': fhir_list(
                "list_transform(identifiers, lambda number: " ~ fhir_object({
                    'type': "case when number.\"type\" is not null then " ~ fhir_codeable_concept("'http://terminology.hl7.org/CodeSystem/v2-0203'", 'number."type"') ~ " end",
                    'system': fhir_token(
                        "coalesce(number.\"system\", 'urn:id:' || regexp_replace(lower(coalesce(number.authority, number.source_system)), '[^a-z0-9._-]+', '-', 'g'))"
                    ),
                    'value': fhir_string('number."value"'),
                }) ~ ")"
            ),
            'name': fhir_array([fhir_object({
                'use': fhir_constant('official'),
                'family': fhir_string('family'),
                'given': fhir_array([fhir_string('given'), fhir_string('middle')]),
                'suffix': fhir_array([fhir_string('suffix')]),
            })]),
            'telecom': fhir_array([
                "case when phone is not null then " ~ fhir_object({'system': fhir_constant('phone'), 'value': fhir_string('phone')}) ~ " end",
                "case when email is not null then " ~ fhir_object({'system': fhir_constant('email'), 'value': fhir_string('email')}) ~ " end",
            ]),
            'gender': fhir_token('sex'),
            'birthDate': fhir_on('birth_date', 'birth_date_precision'),
            'deceasedDateTime': fhir_at('deceased_at', 'deceased_at_precision'),
            'deceasedBoolean': "case when deceased_at is null then " ~ fhir_boolean('is_deceased') ~ " end",
            'address': fhir_array(["case when coalesce(address_line, city, state, postal_code) is not null then " ~ fhir_object({
                'use': fhir_constant('home'),
                'line': fhir_array([fhir_string('address_line')]),
                'city': fhir_string('city'),
                'district': fhir_string('county_fips'),
                'state': fhir_string('state'),
                'postalCode': fhir_string('postal_code'),
                'country': fhir_string('country'),
            }) ~ " end"]),
            'maritalStatus': fhir_codeable_concept(
                "case when marital_status in ('A', 'D', 'I', 'L', 'M', 'P', 'S', 'T', 'U', 'W') then 'http://terminology.hl7.org/CodeSystem/v3-MaritalStatus' when marital_status is not null then 'http://terminology.hl7.org/CodeSystem/v2-0002' end",
                'marital_status'
            ),
            'communication': fhir_array(["case when language is not null then " ~ fhir_object({
                'language': fhir_codeable_concept("'urn:ietf:bcp:47'", 'language'),
            }) ~ " end"]),
        }) }} as fhir_json
    from patients
)

select * from final
