-- The current version of each claim: a replacement (7) or void (8) under the same number overrides what was said
-- before it, in whatever order the files arrived; one under another number (REF*F8) cancels what it replaces.
{% set claim_system = "'urn:id:' || source_system || ':claim'" %}
{% set term = 'http://terminology.hl7.org/CodeSystem' %}

with claims as (
    select * from {{ ref('int_claim_resolved') }}
),

stated as not materialized (
    select
        * replace (
            coalesce(frequency_code, '1') as frequency_code,
            coalesce(diagnoses, []) as diagnoses,
            coalesce(lines, []) as lines,
            coalesce(codes, []) as codes,
            coalesce(created_at, recorded_at)::timestamp as created_at,
            recorded_at::timestamp as recorded_at
        )
    from claims
),

service_lines as (
    select
        claim_id,
        len(diagnoses) as diagnosis_count,
        unnest(lines) as line,
        generate_subscripts(lines, 1) as line_number
    from stated
),

items as (
    {{ fhir_elements_of('service_lines', ['claim_id'], 'line_number', fhir_object({
        'sequence': 'line_number::varchar',
        'diagnosisSequence': fhir_list("list_filter(line.diagnosis_pointers, lambda pointer: pointer between 1 and diagnosis_count)"),
        'revenue': fhir_revenue('line.revenue_code'),
        'productOrService': fhir_service('line.code_system', 'line.code', 'line.revenue_code'),
        'modifier': fhir_modifiers('line.modifiers'),
        'servicedDate': "case when line.service_end_date is not distinct from line.service_start_date then " ~ fhir_on('line.service_start_date') ~ " end",
        'servicedPeriod': "case when line.service_end_date is distinct from line.service_start_date then " ~ fhir_object({'start': fhir_on('line.service_start_date'), 'end': fhir_on('line.service_end_date')}) ~ " end",
        'quantity': fhir_quantity('line.quantity', 'line.unit_code'),
        'net': fhir_money('line.charge'),
    })) }}
),

built as (
    select
        stated.*,
        fhir_received.*,
        {{ fhir_object({
            'resourceType': fhir_constant('Claim'),
            'id': fhir_token('stated.claim_id'),
            'meta': fhir_meta(),
            'identifier': fhir_array([fhir_identifier(claim_system, 'claim_number')]),
            'status': fhir_token('status'),
            'type': fhir_codeable_concept("'" ~ term ~ "/claim-type'", "case type when 'dental' then 'oral' else coalesce(type, 'professional') end"),
            'use': fhir_token('use'),
            'patient': fhir_reference_or_identifier('Patient', 'patient_id', 'coalesce(member_id, source_record_id)'),
            'billablePeriod': fhir_object({'start': fhir_on('service_start_date'), 'end': fhir_on('service_end_date')}),
            'created': fhir_at('created_at'),
            'provider': fhir_reference_or_display('Organization', 'billing_organization_id', 'billing_name'),
            'priority': fhir_codeable_concept("'" ~ term ~ "/processpriority'", "'normal'"),
            'related': fhir_array(["case when replaced_claim_number is not null then " ~ fhir_object({
                'relationship': fhir_codeable_concept("'" ~ term ~ "/ex-relatedclaimrelationship'", "'prior'"),
                'reference': fhir_identifier(claim_system, 'replaced_claim_number'),
            }) ~ " end"]),
            'careTeam': fhir_array(["case when rendering_practitioner_id is not null then " ~ fhir_object({
                'sequence': "'1'",
                'provider': fhir_reference('Practitioner', 'rendering_practitioner_id'),
                'role': fhir_codeable_concept("'" ~ term ~ "/claimcareteamrole'", "'primary'"),
            }) ~ " end"]),
            'diagnosis': fhir_list("list_transform(diagnoses, lambda diagnosis, place: " ~ fhir_object({
                'sequence': 'place::varchar',
                'diagnosisCodeableConcept': fhir_codeable_concept('diagnosis.code_system', 'diagnosis.code'),
                'type': fhir_array([fhir_codeable_concept(
                    "case when diagnosis.type in ('principal', 'admitting') then '" ~ term ~ "/ex-diagnosistype' end",
                    "case when diagnosis.type in ('principal', 'admitting') then diagnosis.type end",
                    text='diagnosis.type'
                )]),
            }) ~ ")"),
            'supportingInfo': fhir_list("list_transform(list_filter(codes, lambda one: one.kind <> 'procedure'), lambda one, place: " ~ fhir_object({
                'sequence': 'place::varchar',
                'category': fhir_codeable_concept("'" ~ term ~ "/claiminformationcategory'", "'info'", text='one.kind'),
                'code': fhir_codeable_concept('one.code_system', 'one.code'),
                'timingDate': "case when one.end_date is not distinct from one.start_date then " ~ fhir_on('one.start_date') ~ " end",
                'timingPeriod': "case when one.end_date is distinct from one.start_date then " ~ fhir_object({'start': fhir_on('one.start_date'), 'end': fhir_on('one.end_date')}) ~ " end",
                'valueQuantity': "case when one.amount is not null then " ~ fhir_object({'value': fhir_number('one.amount')}) ~ " end",
            }) ~ ")"),
            'procedure': fhir_list("list_transform(list_filter(codes, lambda one: one.kind = 'procedure'), lambda one, place: " ~ fhir_object({
                'sequence': 'place::varchar',
                'date': fhir_on('one.start_date'),
                'procedureCodeableConcept': fhir_codeable_concept('one.code_system', 'one.code'),
            }) ~ ")"),
            'insurance': fhir_array([fhir_object({
                'sequence': "'1'",
                'focal': "'true'",
                'coverage': fhir_reference_or_display('Coverage', 'coverage_id', 'payer_name'),
            })]),
            'item': "'[' || items.json || ']'",
            'total': fhir_money('total_charge'),
        }) }} as built_json
    from stated
    left join items on stated.claim_id = items.claim_id
    {{ join_fhir_received('stated', 'Claim', record='source_record_id') }}
),

final as (
    select
        claim_id,
        patient_id,
        claim_number,
        use,
        type,
        status,
        frequency_code,
        replaced_claim_number,
        replaced_by_claim_number,
        total_charge,
        service_start_date,
        service_end_date,
        facility_type_code,
        admission_date,
        patient_status_code,
        billing_organization_id,
        rendering_practitioner_id,
        payer_name,
        payer_identifier,
        member_id,
        coverage_id,
        diagnoses,
        lines,
        codes,
        encounter_id,
        created_at,
        {{ silver_provenance() }},
        {{ fhir_with_received('built_json', 'claim_id') }} as fhir_json
    from built
)

select * from final
