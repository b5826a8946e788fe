with resources as (
    select * from {{ ref('stg_fhir__resources') }}
    where resource_type = 'AllergyIntolerance'
),

parsed as (
    select
        *,
        {{ fhir_read('AllergyIntolerance') }} as element
    from resources
)

select
    {{ fhir_provenance() }},
    coalesce(bundle_patient_fhir_id, {{ fhir_reference_id('element.patient') }}) as patient_fhir_id,
    element.identifier as identifiers,
    element."clinicalStatus".coding[1].code as clinical_status,
    element."verificationStatus".coding[1].code as verification_status,
    element.type,
    element.category[1] as category,
    element.criticality,
    {{ fhir_codings('element.code') }} as codings,
    {{ fhir_display('element.code') }} as code_display,
    nullif(array_to_string(list_transform(
        flatten(list_transform(element.reaction, lambda one: one.manifestation)),
        lambda one: {{ fhir_display('one') }}
    ), ', '), '') as reaction_text,
    element.reaction[1].severity as reaction_severity,
    {{ fhir_day('element."onsetDateTime"') }} as onset_date,
    {{ fhir_day('element."recordedDate"') }} as recorded_date
from parsed
