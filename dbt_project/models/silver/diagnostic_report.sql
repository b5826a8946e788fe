-- R4 has no note of a report: that of R5 stands in its extension. What came as FHIR is given back as it came.
with versions as (
    select
        reports.*,
        visits.encounter_id,
        requests.service_request_ids
    from {{ ref('int_diagnostic_report_versions') }} as reports
    {{ join_encounter('reports') }}
    left join {{ ref('int_service_request_keys') }} as requests
        on reports.source_system = requests.source_system and reports.source_key = requests.report_source_key
),

coded as not materialized (
    select
        *,
        codings[1]."system" as code_system,
        codings[1].code as code,
        codings[1].display as code_display
    from versions
),

reports as (
    {{ merged('coded', [
        'diagnostic_report_id', 'patient_id', 'encounter_id', 'filler_order_number', 'filler_namespace', 'placer_order_number',
        'code_system', 'code', 'code_display', 'codings', 'category', 'status', 'effective_at', 'effective_at_precision',
        'issued_at', 'practitioner_key', 'organization_key', 'note', 'service_request_ids',
        'placer_namespace', 'effective_end_at', 'effective_end_at_precision', 'interpreters', 'conclusion', 'doers', 'received',
    ], together=['status', 'code_system', 'code', 'codings']) }}
),

results as (
    select
        diagnostic_report_id,
        list(observation_id order by observation_id) as observation_ids
    from {{ ref('observation') }}
    where diagnostic_report_id is not null
    group by diagnostic_report_id
),

-- Results that are files (OBX of type ED or RP) are what the report looks like.
forms as (
    select
        diagnostic_report_id,
        list_sort(list({
            'documented_at': documented_at, 'title': code_display, 'document_reference_id': document_reference_id, 'contents': contents
        })) as documents
    from {{ ref('document_reference') }}
    where diagnostic_report_id is not null and status <> 'entered-in-error'
    group by diagnostic_report_id
),

identified as (
    select
        reports.*,
        results.observation_ids,
        specimens.specimen_ids,
        flatten(list_transform(forms.documents, lambda one: one.contents)) as forms,
        {{ practitioner_id('reports.practitioner_key') }} as practitioner_id,
        {{ practitioner_ids('reports.interpreters', 'role') }} as interpreter_ids,
        case when reports.doers is not null then {{ practitioner_ids('reports.doers', 'role') }} end as doer_ids,
        {{ organization_id('reports.organization_key') }} as organization_id
    from reports
    left join results on reports.diagnostic_report_id = results.diagnostic_report_id
    left join {{ ref('int_report_specimens') }} as specimens
        on reports.diagnostic_report_id = specimens.diagnostic_report_id
    left join forms on reports.diagnostic_report_id = forms.diagnostic_report_id
),

built as (
    select
        *,
        {{ fhir_object({
            'resourceType': fhir_constant('DiagnosticReport'),
            'id': fhir_token('diagnostic_report_id'),
            'meta': fhir_meta(),
            'identifier': fhir_array([
                "case when received is null then " ~ fhir_identifier(number_system('placer_namespace', 'order'), 'placer_order_number', "'PLAC'") ~ " end",
                fhir_identifier(number_system('filler_namespace', 'accession'), 'filler_order_number', "'FILL'"),
            ]),
            'extension': "case when received is null and note != '' then " ~ fhir_array([fhir_object({
                'url': fhir_constant('http://hl7.org/fhir/5.0/StructureDefinition/extension-DiagnosticReport.note'),
                'valueAnnotation': fhir_object({'text': fhir_string('note')}),
            })]) ~ " end",
            'basedOn': fhir_list("list_transform(service_request_ids, lambda service_request_id: " ~ fhir_reference('ServiceRequest', 'service_request_id') ~ ")"),
            'status': fhir_token('status'),
            'category': fhir_array([fhir_codeable_concept("'http://terminology.hl7.org/CodeSystem/v2-0074'", 'category')]),
            'code': "coalesce(" ~ fhir_concept_of('codings', 'code_display') ~ ", '{\"text\":\"unknown\"}')",
            'subject': fhir_reference('Patient', 'patient_id'),
            'encounter': fhir_reference('Encounter', 'encounter_id'),
            'effectiveDateTime': "case when (effective_end_at > effective_at) is not true then " ~ fhir_at('effective_at', 'effective_at_precision') ~ " end",
            'effectivePeriod': "case when effective_end_at > effective_at then " ~ fhir_period(
                'effective_at', 'effective_end_at', 'effective_at_precision', 'effective_end_at_precision'
            ) ~ " end",
            'issued': fhir_at('issued_at'),
            'performer': fhir_array([
                fhir_reference('Organization', 'organization_id'),
                fhir_elements("list_transform(doer_ids, lambda doer: " ~ fhir_object({
                    'extension': fhir_array([fhir_object({
                        'url': fhir_constant('http://hl7.org/fhir/StructureDefinition/event-performerFunction'),
                        'valueCodeableConcept': fhir_codeable_concept(
                            "'http://terminology.hl7.org/CodeSystem/v3-ParticipationType'", 'doer."role"'
                        ),
                    })]),
                    'reference': fhir_token("'Practitioner/' || doer.practitioner_id"),
                }) ~ ")"),
            ]),
            'resultsInterpreter': "coalesce(" ~ fhir_list(
                "list_transform(interpreter_ids, lambda interpreter: " ~ fhir_reference('Practitioner', 'interpreter.practitioner_id') ~ ")"
            ) ~ ", " ~ fhir_array([fhir_reference('Practitioner', 'practitioner_id')]) ~ ")",
            'specimen': fhir_list("list_transform(specimen_ids, lambda specimen_id: " ~ fhir_reference('Specimen', 'specimen_id') ~ ")"),
            'result': fhir_list("list_transform(observation_ids, lambda observation_id: " ~ fhir_reference('Observation', 'observation_id') ~ ")"),
            'conclusion': fhir_string('conclusion'),
            'presentedForm': fhir_list("list_transform(list_filter(forms, lambda form: coalesce(form.\"data\", form.url) is not null), lambda form: " ~ fhir_attachment('form') ~ ")"),
        }) }} as built_json
    from identified
    {{ join_fhir_received('identified', 'DiagnosticReport') }}
),

final as (
    select
        diagnostic_report_id,
        patient_id,
        encounter_id,
        filler_order_number,
        placer_order_number,
        code_system,
        code,
        code_display,
        codings,
        category,
        status,
        effective_at,
        effective_at_precision,
        issued_at,
        observation_ids,
        coalesce(service_request_ids, []) as service_request_ids,
        coalesce(specimen_ids, []) as specimen_ids,
        practitioner_id,
        organization_id,
        note,
        {{ silver_provenance() }},
        {{ fhir_with_received('built_json', 'diagnostic_report_id', {'effectiveDateTime': ['effectivePeriod']}) }} as fhir_json
    from built
)

select * from final
