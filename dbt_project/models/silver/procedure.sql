-- noqa: disable=LT01
with keyed as not materialized (
    select * from {{ ref('int_procedure_versions') }}
),

procedures as (
    {{ merged('keyed', [
        'patient_id', 'encounter_id', 'code_system', 'code', 'code_display', 'codings', 'status', 'performed_at',
        'performed_at_precision', 'performed_end_at', 'performed_date', 'practitioner_key', 'performers',
        'category_codings', 'reason_codings', 'procedure_number', 'procedure_namespace', 'received',
    ], together=['code_system', 'code', 'codings'], nulls=true) }}
),

identified as (
    select
        *,
        {{ uuid_v5('Procedure', "'key'", 'match_key') }} as procedure_id,
        {{ practitioner_id('practitioner_key') }} as practitioner_id,
        {{ practitioner_ids('performers', 'function') }} as performer_ids
    from procedures
),

built as (
    select
        *,
        {{ fhir_object({
            'resourceType': fhir_constant('Procedure'),
            'id': fhir_token('procedure_id'),
            'meta': fhir_meta(),
            'identifier': fhir_array([fhir_identifier(number_system('procedure_namespace', 'procedure'), 'procedure_number')]),
            'status': "coalesce(" ~ fhir_token('status') ~ ", '\"unknown\"')",
            'category': fhir_concept_of('category_codings', 'category_codings[1].display'),
            'code': fhir_concept_of('codings', 'code_display'),
            'subject': fhir_subject(),
            'encounter': fhir_reference('Encounter', 'encounter_id'),
            'performedDateTime': "case when performed_end_at is null then coalesce(" ~ fhir_at('performed_at', 'performed_at_precision') ~ ", " ~ fhir_on('performed_date') ~ ") end",
            'performedPeriod': "case when performed_end_at is not null then " ~ fhir_period('performed_at', 'performed_end_at', 'performed_at_precision', 'performed_at_precision') ~ " end",
            'performer': "coalesce(" ~ fhir_list("list_transform(performer_ids, lambda performer: " ~ fhir_object({
                'function': fhir_codeable_concept(
                    "case when performer.\"function\" is not null then 'http://snomed.info/sct' end", 'performer."function"',
                    "case performer.\"function\" when '88189002' then 'Anesthesiologist' when '304292004' then 'Surgeon' end"
                ),
                'actor': fhir_reference('Practitioner', 'performer.practitioner_id'),
            }) ~ ")") ~ ", " ~ fhir_array(["case when practitioner_id is not null then " ~ fhir_object({'actor': fhir_reference('Practitioner', 'practitioner_id')}) ~ " end"]) ~ ")",
            'reasonCode': fhir_array([fhir_concept_of('reason_codings', 'reason_codings[1].display')]),
        }) }} as built_json
    from identified
    {{ join_fhir_received('identified', 'Procedure') }}
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
        performed_end_at,
        performed_date,
        practitioner_id,
        coalesce(performer_ids, []) as performers,
        category_codings,
        reason_codings,
        procedure_number,
        {{ silver_provenance() }},
        {{ fhir_with_received('built_json', 'procedure_id', {'performedDateTime': ['performedPeriod', 'performedString', 'performedAge', 'performedRange']}) }} as fhir_json
    from built
)

select * from final
