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
    try_cast(element.active as boolean) as is_active,
    {{ fhir_silver_codings(fhir_codings('element.code[1]'), fhir_display('element.code[1]')) }} as codings,
    {{ fhir_silver_codings(fhir_codings('element.specialty[1]'), fhir_display('element.specialty[1]')) }} as specialty_codings,
    {{ fhir_person_telecoms('element.telecom') }} as telecoms
from parsed
