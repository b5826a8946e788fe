with resources as (
    select * from {{ ref('stg_fhir__resources') }}
    where resource_type = 'Appointment'
),

parsed as (
    select
        *,
        {{ fhir_read('Appointment') }} as element
    from resources
)

select
    {{ fhir_provenance() }},
    {{ fhir_reference_id(
        "list_filter(element.participant, lambda one: contains(one.actor.reference, 'Patient/'))[1].actor"
    ) }}
        as patient_fhir_id,
    {{ fhir_reference_npi(
        "list_filter(element.participant, lambda one: contains(one.actor.reference, 'Practitioner'))[1].actor"
    ) }}
        as practitioner_npi,
    element.identifier as identifiers,
    element.status,
    element."appointmentType".coding[1].code as type_code,
    coalesce({{ fhir_display('element."appointmentType"') }}, {{ fhir_display('element."serviceType"[1]') }})
        as type_display,
    {{ fhir_moment('element."start"') }} as start_at,
    {{ fhir_moment('element."end"') }} as end_at,
    try_cast(element."minutesDuration" as integer) as minutes,
    {{ fhir_moment('element.created') }} as booked_at,
    {{ fhir_display('element."cancelationReason"') }} as cancel_reason,
    coalesce(element.description, {{ fhir_display('element."reasonCode"[1]') }}) as reason_text
from parsed
