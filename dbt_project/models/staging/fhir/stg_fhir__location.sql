with resources as (
    select * from {{ ref('stg_fhir__resources') }}
    where resource_type = 'Location'
),

parsed as (
    select
        *,
        {{ fhir_read('Location') }} as element
    from resources
)

select
    {{ fhir_provenance() }},
    element.identifier as identifiers,
    element.name,
    {{ fhir_display('element.type[1]') }} as type,
    {{ fhir_reference_id('element."managingOrganization"') }} as organization_fhir_id,
    element."managingOrganization".identifier.value as organization_identifier,
    element."managingOrganization".display as organization_name,
    array_to_string(element.address.line, ', ') as address_line,
    element.address.city,
    element.address.state,
    element.address."postalCode" as postal_code
from parsed
