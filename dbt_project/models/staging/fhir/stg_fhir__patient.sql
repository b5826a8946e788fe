with resources as (
    select * from {{ ref('stg_fhir__resources') }}
    where resource_type = 'Patient'
),

feeds as (
    select * from {{ ref('stg_ingest__feeds') }}
),

parsed as (
    select
        resources.*,
        -- Where the feed is the authority on identity, every resource is a person of its own, whatever numbers
        -- they share; else a person is known by a number that other feeds may know too.
        coalesce(feeds.is_identity_authoritative, false) and resources.fhir_id is not null as is_own_person,
        {{ fhir_read('Patient') }} as element
    from resources
    left join feeds
        on resources.source_system = feeds.source_system and resources.feed = feeds.feed
)

select
    {{ fhir_provenance() }},
    element.identifier as identifiers,
    -- The number by which the source knows the patient: the medical record number, else any number with a system.
    coalesce(
        case when is_own_person then 'FHIR:' || feed end,
        {{ fhir_identifier_of_type('element.identifier', "['MR']") }}.system,
        list_filter(element.identifier, lambda one: one.system is not null and one.value is not null)[1].system,
        'FHIR:' || feed
    ) as id_authority,
    coalesce(
        case when is_own_person then fhir_id end,
        case
            when {{ fhir_identifier_of_type('element.identifier', "['MR']") }}.system is not null
                then {{ fhir_identifier_of_type('element.identifier', "['MR']") }}.value
        end,
        list_filter(element.identifier, lambda one: one.system is not null and one.value is not null)[1].value,
        fhir_id
    ) as id_value,
    element.name as names,
    element.telecom as telecoms,
    element.address as addresses,
    element.gender as sex,
    element."birthDate" as birth_date_text,
    {{ fhir_day('element."birthDate"') }} as birth_date,
    {{ fhir_precision('element."birthDate"') }} as birth_date_precision,
    element."deceasedBoolean" as is_deceased_text,
    element."deceasedDateTime" as deceased_text,
    element."maritalStatus".coding[1].code as marital_status,
    coalesce(
        list_filter(element.communication, lambda one: one.preferred = 'true')[1].language.coding[1].code,
        element.communication[1].language.coding[1].code
    ) as language,
    coalesce(element."multipleBirthInteger", element."multipleBirthBoolean") as multiple_birth,
    -- US Core race and ethnicity: the OMB category of the extension.
    list_filter(
        list_filter(
            element.extension,
            lambda one: one.url = 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-race'
        )[1].extension,
        lambda one: one.url = 'ombCategory'
    )[1]."valueCoding".code as race_code,
    list_filter(
        list_filter(
            element.extension,
            lambda one: one.url = 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-ethnicity'
        )[1].extension,
        lambda one: one.url = 'ombCategory'
    )[1]."valueCoding".code as ethnicity_code
from parsed
