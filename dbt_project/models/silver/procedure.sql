with keyed as (
    select * from {{ ref('int_procedure_versions') }}
),

procedures as (
    {{ merged('keyed', [
        'patient_id', 'encounter_id', 'code_system', 'code', 'code_display', 'codings', 'status', 'performed_at',
        'performed_at_precision', 'performed_date', 'practitioner_key',
        'received',
    ], together=['code_system', 'code', 'codings'], nulls=true) }}
),

identified as (
    select
        *,
        {{ uuid_v5('Procedure', "'key'", 'match_key') }} as procedure_id,
        {{ practitioner_id('practitioner_key') }} as practitioner_id
    from procedures
),

final as (
    select
        procedure_id,
        patient_id,
        encounter_id,
        code_system,
        code,
        code_display,
        codings,
        status,
        performed_at,
        performed_at_precision,
        performed_date,
        practitioner_id,
        {{ silver_provenance() }},
        {{ fhir_with_received(fhir_object({
            'resourceType': fhir_constant('Procedure'),
            'id': fhir_token('procedure_id'),
            'meta': fhir_meta(),
            'status': "coalesce(" ~ fhir_token('status') ~ ", '\"unknown\"')",
            'code': fhir_concept_of('codings', 'code_display'),
            'subject': fhir_subject(),
            'encounter': fhir_reference('Encounter', 'encounter_id'),
            'performedDateTime': "coalesce(" ~ fhir_at('performed_at', 'performed_at_precision') ~ ", " ~ fhir_on('performed_date') ~ ")",
            'performer': fhir_array(["case when practitioner_id is not null then " ~ fhir_object({'actor': fhir_reference('Practitioner', 'practitioner_id')}) ~ " end"]),
        }), 'procedure_id', {'performedDateTime': ['performedPeriod', 'performedString', 'performedAge', 'performedRange']}) }} as fhir_json
    from identified
    {{ join_fhir_received('identified') }}
)

select * from final
