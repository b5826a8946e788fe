with resources as (
    select * from {{ ref('stg_fhir__resources') }}
    where resource_type = 'Procedure'
),

parsed as (
    select
        *,
        {{ fhir_read('Procedure') }} as element
    from resources
)

select
    {{ fhir_provenance() }},
    coalesce(bundle_patient_fhir_id, {{ fhir_reference_id('element.subject') }}) as patient_fhir_id,
    {{ fhir_reference_id('element.encounter') }} as encounter_fhir_id,
    element.identifier as identifiers,
    element.status,
    {{ fhir_codings('element.code') }} as codings,
    {{ fhir_display('element.code') }} as code_display,
    {{ fhir_moment('coalesce(element."performedDateTime", element."performedPeriod"."start")') }} as performed_at,
    {{ fhir_precision('coalesce(element."performedDateTime", element."performedPeriod"."start")') }}
        as performed_at_precision,
    {{ fhir_day('coalesce(element."performedDateTime", element."performedPeriod"."start")') }} as performed_date,
    {{ fhir_reference_id('element.performer[1].actor') }} as practitioner_fhir_id,
    {{ fhir_reference_npi('element.performer[1].actor') }} as practitioner_npi,
    element.performer[1].actor.display as practitioner_display
from parsed
