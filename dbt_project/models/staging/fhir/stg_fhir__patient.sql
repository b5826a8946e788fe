with resources as (
    select * from {{ ref('stg_fhir__resources') }}
    where resource_type = 'Patient'
),

parsed as (
    select
        *,
        {{ fhir_read('Patient') }} as element
    from resources
)

select
    {{ fhir_provenance() }},
    element.identifier as identifiers,
    -- The number by which the source knows the patient: the medical record number, else any number with a system.
    coalesce(
        {{ fhir_identifier_of_type('element.identifier', "['MR']") }}.system,
        list_filter(element.identifier, lambda one: one.system is not null and one.value is not null)[1].system,
        'FHIR:' || feed
    ) as id_authority,
    coalesce(
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
    )[1]."valueCoding".code as ethnicity_code,
    resource
from parsed
