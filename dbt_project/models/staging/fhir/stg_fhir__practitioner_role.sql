with resources as (
    select * from {{ ref('stg_fhir__resources') }}
    where resource_type = 'PractitionerRole'
),

parsed as (
    select
        *,
        {{ fhir_read('PractitionerRole') }} as element
    from resources
)

select
    {{ fhir_provenance() }},
    {{ fhir_reference_id('element.practitioner') }} as practitioner_fhir_id,
    {{ fhir_reference_npi('element.practitioner') }} as practitioner_npi,
    element.practitioner.display as practitioner_display,
    {{ fhir_reference_id('element.organization') }} as organization_fhir_id,
    element.specialty[1].coding[1].code as specialty_code,
    {{ fhir_display('element.specialty[1]') }} as specialty,
    resource
from parsed
