with resources as (
    select * from {{ ref('stg_fhir__resources') }}
    where resource_type = 'Practitioner'
),

parsed as (
    select
        *,
        {{ fhir_read('Practitioner') }} as element
    from resources
)

select
    {{ fhir_provenance() }},
    element.identifier as identifiers,
    {{ fhir_identifier_value('element.identifier', 'http://hl7.org/fhir/sid/us-npi') }} as npi,
    element.name[1].family as family,
    element.name[1].given[1] as given,
    element.name[1].given[2] as middle,
    element.name[1].suffix[1] as suffix,
    element.name[1].prefix[1] as prefix,
    {{ fhir_display('element.qualification[1].code') }} as qualification
from parsed
