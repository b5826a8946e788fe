with resources as (
    select * from {{ ref('stg_fhir__resources') }}
    where resource_type = 'Coverage'
),

parsed as (
    select
        *,
        {{ fhir_read('Coverage') }} as element
    from resources
)

select
    {{ fhir_provenance() }},
    coalesce(bundle_patient_fhir_id, {{ fhir_reference_id('element.beneficiary') }}) as patient_fhir_id,
    {{ fhir_reference_id('element.subscriber') }} as subscriber_fhir_id,
    element.identifier as identifiers,
    element.status,
    element.type.coding[1].code as type_code,
    {{ fhir_display('element.type') }} as type_display,
    element."subscriberId" as subscriber_member_id,
    element.relationship.coding[1].code as relationship,
    {{ fhir_day('element.period."start"') }} as period_start,
    {{ fhir_day('element.period."end"') }} as period_end,
    element.payor[1].display as payer_name,
    {{ fhir_reference_id('element.payor[1]') }} as payer_fhir_id,
    element.payor[1].identifier.value as payer_identifier,
    list_filter(element."class", lambda one: one.type.coding[1].code = 'plan')[1] as plan,
    list_filter(element."class", lambda one: one.type.coding[1].code = 'group')[1] as group_class
from parsed
