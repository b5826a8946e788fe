with resources as (
    select * from {{ ref('stg_fhir__resources') }}
    where resource_type = 'Claim'
),

parsed as (
    select
        *,
        {{ fhir_read('Claim') }} as element
    from resources
)

select
    {{ fhir_provenance() }},
    coalesce(bundle_patient_fhir_id, {{ fhir_reference_id('element.patient') }}) as patient_fhir_id,
    element.identifier as identifiers,
    element.status,
    element.type.coding[1].code as type_code,
    element.use,
    {{ fhir_day('element."billablePeriod"."start"') }} as service_start_date,
    {{ fhir_day('element."billablePeriod"."end"') }} as service_end_date,
    {{ fhir_moment('element.created') }} as created_at,
    {{ fhir_reference_id('element.provider') }} as provider_fhir_id,
    {{ fhir_reference_npi('element.provider') }} as provider_npi,
    element.provider.display as provider_name,
    element.insurer.display as insurer_name,
    element.insurance[1].coverage.display as coverage_name,
    try_cast(element.total.value as decimal(18, 2)) as total_charge,
    element.diagnosis as diagnoses,
    element.item as items
from parsed
