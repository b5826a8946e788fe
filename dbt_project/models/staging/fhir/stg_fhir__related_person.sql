with resources as (
    select * from {{ ref('stg_fhir__resources') }}
    where resource_type = 'RelatedPerson'
),

parsed as (
    select
        *,
        {{ fhir_read('RelatedPerson') }} as element
    from resources
)

select
    {{ fhir_provenance() }},
    coalesce(bundle_patient_fhir_id, {{ fhir_reference_id('element.patient') }}) as patient_fhir_id,
    element.identifier as identifiers,
    try_cast(element.active as boolean) as is_active,
    {{ fhir_silver_codings(fhir_codings('element.relationship[1]'), fhir_display('element.relationship[1]')) }} as relationship_codings,
    {{ fhir_silver_codings(fhir_codings('element.relationship[2]'), fhir_display('element.relationship[2]')) }} as role_codings,
    {{ fhir_person_names('element.name') }} as names,
    {{ fhir_person_telecoms('element.telecom') }} as telecoms,
    {{ fhir_person_addresses('element.address') }} as addresses,
    element.gender as sex,
    {{ fhir_day('element."birthDate"') }} as birth_date,
    {{ fhir_day('element.period."start"') }} as start_date,
    {{ fhir_day('element.period."end"') }} as end_date
from parsed
