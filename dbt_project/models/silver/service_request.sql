-- One row per order of a service (test, referral, intervention), and per decision that one is not to be done.
with word as (
    select * from {{ ref('int_service_request_versions') }}
),

versions as not materialized (
    select
        word.* exclude (codings, code_system, code, code_display),
        -- One concept of one source: a word on the order that names no service leaves it as it is.
        case
            when word.codings is not null
                then struct_pack(codings := word.codings, "system" := word.code_system, code := word.code, display := word.code_display)
        end as concept,
        visits.encounter_id
    from word
    {{ join_encounter('word') }}
),

merged_versions as (
    {{ merged('versions', [
        'service_request_id', 'patient_id', 'encounter_id', 'placer_order_number', 'placer_namespace', 'filler_order_number',
        'filler_namespace', 'requisition_number', 'requisition_namespace', 'concept',
        'status', 'intent', 'category', 'priority', 'is_prohibited', 'authored_at', 'authored_at_precision', 'occurrence_at',
        'occurrence_at_precision', 'practitioner_key', 'reason_codings', 'reasons', 'schedule', 'note', 'further', 'received',
    ], nulls=true) }}
),

identified as (
    select
        * exclude (concept),
        concept.codings as codings,
        concept."system" as code_system,
        concept.code as code,
        concept.display as code_display,
        {{ practitioner_id('practitioner_key') }} as practitioner_id
    from merged_versions
),

built as (
    select
        *,
        {{ fhir_object({
            'resourceType': fhir_constant('ServiceRequest'),
            'id': fhir_token('service_request_id'),
            'meta': fhir_meta(),
            'identifier': fhir_array([
                fhir_identifier(number_system('placer_namespace', 'order'), 'placer_order_number', "'PLAC'"),
                fhir_identifier(number_system('filler_namespace', 'accession'), 'filler_order_number', "'FILL'"),
            ]),
            'requisition': fhir_identifier(number_system('requisition_namespace', 'order-group'), 'requisition_number', "'PGN'"),
            'status': "coalesce(" ~ fhir_token('status') ~ ", '\"unknown\"')",
            'intent': "coalesce(" ~ fhir_token('intent') ~ ", '\"order\"')",
            'category': "case when received is null and category is not null then " ~ fhir_array([fhir_codeable_concept("'http://terminology.hl7.org/CodeSystem/v2-0074'", 'category')]) ~ " end",
            'priority': fhir_token('priority'),
            'doNotPerform': "case when is_prohibited then 'true' end",
            'code': fhir_concept_of('codings', 'code_display'),
            'subject': fhir_subject(),
            'encounter': fhir_reference('Encounter', 'encounter_id'),
            'occurrenceDateTime': "case when schedule is null then " ~ fhir_at('occurrence_at', 'occurrence_at_precision') ~ " end",
            'authoredOn': fhir_at('authored_at', 'authored_at_precision'),
            'requester': fhir_reference('Practitioner', 'practitioner_id'),
            'reasonCode': "coalesce(" ~ fhir_list("list_transform(reasons, lambda reason: " ~ fhir_concept_of('reason', 'reason[1].display') ~ ")")
                ~ ", " ~ fhir_array([fhir_concept_of('reason_codings', 'reason_codings[1].display')]) ~ ")",
            'note': fhir_array(["case when note != '' then " ~ fhir_object({'text': fhir_string('note')}) ~ " end"]),
        }) }} as built_json
    from identified
    {{ join_fhir_received('identified', 'ServiceRequest') }}
),

final as (
    select
        service_request_id,
        patient_id,
        encounter_id,
        placer_order_number,
        filler_order_number,
        code_system,
        code,
        code_display,
        codings,
        coalesce(status, 'unknown') as status,
        coalesce(intent, 'order') as intent,
        category,
        priority,
        coalesce(is_prohibited, false) as is_prohibited,
        authored_at,
        authored_at_precision,
        occurrence_at,
        occurrence_at_precision,
        practitioner_id,
        reason_codings,
        note,
        {{ silver_provenance() }},
        {{ fhir_with_received(fhir_with_further('built_json', further=['schedule', 'further']), 'service_request_id', {'occurrenceDateTime': ['occurrencePeriod', 'occurrenceTiming']}) }} as fhir_json
    from built
)

select * from final
