with resources as (
    select * from {{ ref('stg_fhir__resources') }}
    where resource_type = 'ExplanationOfBenefit'
),

parsed as (
    select
        *,
        {{ fhir_read('ExplanationOfBenefit') }} as element
    from resources
)

select
    {{ fhir_provenance() }},
    coalesce(bundle_patient_fhir_id, {{ fhir_reference_id('element.patient') }}) as patient_fhir_id,
    {{ fhir_reference_id('element.claim') }} as claim_fhir_id,
    element.identifier as identifiers,
    element.status,
    element.type.coding[1].code as type_code,
    element.use,
    element.outcome,
    element.disposition,
    {{ fhir_day('element."billablePeriod"."start"') }} as service_start_date,
    {{ fhir_day('element."billablePeriod"."end"') }} as service_end_date,
    {{ fhir_moment('element.created') }} as created_at,
    {{ fhir_reference_id('element.provider') }} as provider_fhir_id,
    {{ fhir_reference_npi('element.provider') }} as provider_npi,
    element.insurer.display as insurer_name,
    element.total as totals,
    try_cast(element.payment.amount.value as decimal(18, 2)) as payment_amount,
    {{ fhir_day('element.payment."date"') }} as payment_date
from parsed
