with word as not materialized (
    select * from {{ ref('int_specimen_versions') }}
),

merged_versions as (
    {{ merged('word', [
        'specimen_id', 'patient_id', 'placer_specimen_id', 'placer_namespace', 'filler_specimen_id', 'filler_namespace',
        'accession_number', 'accession_namespace', 'code_system', 'code', 'code_display', 'codings', 'status', 'collected_at',
        'collected_at_precision', 'collection_ended_at', 'collection_ended_at_precision', 'received_time_at',
        'received_time_at_precision', 'collector_key', 'method_codings', 'body_site_codings', 'additive_codings',
        'condition_codings', 'quantity', 'quantity_unit', 'note', 'received',
    ], together=['code_system', 'code', 'code_display', 'codings', 'received'], nulls=true) }}
),

identified as (
    select
        merged_versions.*,
        {{ practitioner_id('collector_key') }} as practitioner_id,
        coalesce(spellings.unit, merged_versions.quantity_unit) as ucum
    from merged_versions
    {{ join_unit_spellings('merged_versions.quantity_unit') }}
),

built as (
    select
        *,
        {{ fhir_object({
            'resourceType': fhir_constant('Specimen'),
            'id': fhir_token('specimen_id'),
            'meta': fhir_meta(),
            'identifier': fhir_array([
                fhir_identifier(number_system('filler_namespace', 'specimen'), 'filler_specimen_id', "'FILL'"),
                fhir_identifier(number_system('placer_namespace', 'specimen'), 'placer_specimen_id', "'PLAC'"),
            ]),
            'accessionIdentifier': fhir_identifier(number_system('accession_namespace', 'accession'), 'accession_number', "'ACSN'"),
            'status': fhir_token('status'),
            'type': fhir_concept_of('codings', 'code_display'),
            'subject': fhir_subject(),
            'receivedTime': fhir_at('received_time_at', 'received_time_at_precision'),
            'collection': fhir_object({
                'collector': fhir_reference('Practitioner', 'practitioner_id'),
                'collectedDateTime': "case when collection_ended_at is null then " ~ fhir_at('collected_at', 'collected_at_precision') ~ " end",
                'collectedPeriod': "case when collection_ended_at is not null then " ~ fhir_period('collected_at', 'collection_ended_at', 'collected_at_precision', 'collection_ended_at_precision') ~ " end",
                'quantity': fhir_quantity('quantity', 'quantity_unit', code='case when ' ~ is_ucum('ucum') ~ ' then ucum end'),
                'method': fhir_concept_of('method_codings', 'method_codings[1].display'),
                'bodySite': fhir_concept_of('body_site_codings', 'body_site_codings[1].display'),
            }),
            'container': fhir_array([fhir_object({
                'additiveCodeableConcept': fhir_concept_of('additive_codings', 'additive_codings[1].display'),
            })]),
            'condition': fhir_array([fhir_concept_of('condition_codings', 'condition_codings[1].display')]),
            'note': fhir_array([fhir_object({'text': fhir_string('note')})]),
        }) }} as built_json
    from identified
    {{ join_fhir_received('identified', 'Specimen') }}
),

final as (
    select
        specimen_id,
        patient_id,
        placer_specimen_id,
        filler_specimen_id,
        accession_number,
        code_system,
        code,
        code_display,
        codings,
        status,
        collected_at,
        collected_at_precision,
        collection_ended_at,
        received_time_at,
        received_time_at_precision,
        practitioner_id,
        method_codings,
        body_site_codings,
        additive_codings,
        condition_codings,
        quantity,
        quantity_unit,
        note,
        {{ silver_provenance() }},
        {{ fhir_with_received('built_json', 'specimen_id') }} as fhir_json
    from built
)

select * from final
