with keyed as not materialized (
    select * from {{ ref('int_immunization_versions') }}
),

immunizations as (
    {{ merged('keyed', [
        'patient_id', 'codings', 'cvx_code', 'cvx_display', 'occurrence_date', 'occurrence_at', 'occurrence_at_precision', 'status',
        'status_reason', 'lot_number', 'expiration_date', 'manufacturer', 'site', 'route', 'dose_quantity', 'dose_unit',
        'primary_source', 'practitioner_key', 'organization_key', 'location_key', 'site_codings', 'route_codings', 'status_reason_codings',
        'reason_codings', 'report_origin_codings', 'entered_at', 'entered_at_precision', 'filler_order_number', 'filler_namespace',
        'placer_order_number', 'placer_namespace', 'ordering_practitioner_key', 'encounter_id',
        'further', 'received',
    ], together=['status', 'status_reason', 'status_reason_codings'], nulls=true) }}
),

identified as (
    select
        *,
        {{ uuid_v5('Immunization', "'key'", 'match_key') }} as immunization_id,
        {{ practitioner_id('practitioner_key') }} as practitioner_id,
        {{ organization_id('organization_key') }} as organization_id,
        {{ practitioner_id('ordering_practitioner_key') }} as ordering_practitioner_id,
        {{ location_id('location_key') }} as location_id
    from immunizations
),

built as (
    select
        *,
        {{ fhir_object({
            'resourceType': fhir_constant('Immunization'),
            'id': fhir_token('immunization_id'),
            'meta': fhir_meta(),
            'identifier': fhir_array([
                fhir_identifier(number_system('filler_namespace', 'immunization'), 'filler_order_number', "'FILL'"),
                fhir_identifier(number_system('placer_namespace', 'order'), 'placer_order_number', "'PLAC'"),
            ]),
            'status': "coalesce(" ~ fhir_token('status') ~ ", '\"completed\"')",
            'statusReason': fhir_concept_of('coalesce(status_reason_codings, [])', 'status_reason'),
            'vaccineCode': fhir_concept_of('codings', 'coalesce(cvx_display, codings[1].display)'),
            'patient': fhir_subject(),
            'encounter': fhir_reference('Encounter', 'encounter_id'),
            'occurrenceDateTime': "coalesce(" ~ fhir_at('occurrence_at', 'occurrence_at_precision') ~ ", " ~ fhir_on('occurrence_date') ~ ")",
            'occurrenceString': "case when occurrence_at is null and occurrence_date is null then " ~ fhir_constant('unknown') ~ " end",
            'recorded': fhir_at('entered_at', 'entered_at_precision'),
            'primarySource': fhir_boolean('primary_source'),
            'reportOrigin': fhir_concept_of('report_origin_codings', 'report_origin_codings[1].display'),
            'location': fhir_reference('Location', 'location_id'),
            'manufacturer': fhir_object({'display': fhir_string('manufacturer')}),
            'lotNumber': fhir_string('lot_number'),
            'expirationDate': fhir_on('expiration_date'),
            'site': fhir_concept_of('coalesce(site_codings, [])', 'site'),
            'route': fhir_concept_of('coalesce(route_codings, [])', 'route'),
            'doseQuantity': fhir_quantity('dose_quantity', 'dose_unit', code='case when ' ~ is_ucum('dose_unit') ~ ' then dose_unit end'),
            'performer': fhir_array([
                "case when practitioner_id is not null then " ~ fhir_object({
                    'function': "case when received is null then " ~ fhir_codeable_concept("'http://terminology.hl7.org/CodeSystem/v2-0443'", "'AP'") ~ " end",
                    'actor': fhir_reference('Practitioner', 'practitioner_id'),
                }) ~ " end",
                "case when ordering_practitioner_id is not null then " ~ fhir_object({
                    'function': fhir_codeable_concept("'http://terminology.hl7.org/CodeSystem/v2-0443'", "'OP'"),
                    'actor': fhir_reference('Practitioner', 'ordering_practitioner_id'),
                }) ~ " end",
                "case when organization_id is not null then " ~ fhir_object({'actor': fhir_reference('Organization', 'organization_id')}) ~ " end",
            ]),
            'reasonCode': fhir_array([fhir_concept_of('reason_codings', 'reason_codings[1].display')]),
        }) }} as built_json
    from identified
    {{ join_fhir_received('identified', 'Immunization') }}
),

final as (
    select
        immunization_id,
        patient_id,
        cvx_code,
        cvx_display,
        codings,
        occurrence_date,
        occurrence_at,
        occurrence_at_precision,
        status,
        status_reason,
        lot_number,
        expiration_date,
        manufacturer,
        site,
        route,
        dose_quantity,
        dose_unit,
        primary_source,
        practitioner_id,
        organization_id,
        ordering_practitioner_id,
        location_id,
        encounter_id,
        filler_order_number,
        site_codings,
        route_codings,
        status_reason_codings,
        reason_codings,
        report_origin_codings,
        entered_at,
        {{ silver_provenance() }},
        {{ fhir_with_received(fhir_with_further('built_json', apart=true), 'immunization_id', {'occurrenceDateTime': ['occurrenceString'], 'occurrenceString': ['occurrenceDateTime']}) }} as fhir_json
    from built
)

select * from final
