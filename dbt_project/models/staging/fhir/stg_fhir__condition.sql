with resources as (
    select * from {{ ref('stg_fhir__resources') }}
    where resource_type = 'Condition'
),

parsed as (
    select
        *,
        {{ fhir_read('Condition') }} as element
    from resources
)

select
    {{ fhir_provenance() }},
    coalesce(bundle_patient_fhir_id, {{ fhir_reference_id('element.subject') }}) as patient_fhir_id,
    {{ fhir_reference_id('element.encounter') }} as encounter_fhir_id,
    element.identifier as identifiers,
    element."clinicalStatus".coding[1].code as clinical_status,
    element."verificationStatus".coding[1].code as verification_status,
    element.category[1].coding[1].code as category,
    {{ fhir_codings('element.code') }} as codings,
    {{ fhir_display('element.code') }} as code_display,
    coalesce(element."onsetDateTime", element."onsetPeriod"."start") as onset_text,
    {{ fhir_day('coalesce(element."onsetDateTime", element."onsetPeriod"."start")') }} as onset_date,
    {{ fhir_day('coalesce(element."abatementDateTime", element."onsetPeriod"."end")') }} as abatement_date,
    {{ fhir_day('element."recordedDate"') }} as recorded_date,
    {{ fhir_reference_npi('element.recorder') }} as recorder_npi,
    {{ fhir_reference_id('element.recorder') }} as recorder_fhir_id
from parsed
