with resources as (
    select * from {{ ref('stg_fhir__resources') }}
    where resource_type = 'Organization'
),

parsed as (
    select
        *,
        {{ fhir_read('Organization') }} as element
    from resources
)

select
    {{ fhir_provenance() }},
    element.identifier as identifiers,
    {{ fhir_identifier_value('element.identifier', 'http://hl7.org/fhir/sid/us-npi') }} as npi,
    element.name,
    {{ fhir_display('element.type[1]') }} as type,
    element.type[1].coding[1].code as type_code,
    list_filter(element.telecom, lambda one: one.system = 'phone')[1].value as phone,
    array_to_string(element.address[1].line, ', ') as address_line,
    element.address[1].city as city,
    element.address[1].state as state,
    element.address[1]."postalCode" as postal_code
from parsed
