{% set relationship_system = 'http://terminology.hl7.org/CodeSystem/subscriber-relationship' %}
{% set class_system = 'http://terminology.hl7.org/CodeSystem/coverage-class' %}

with x12_spans as (
    select * from {{ ref('int_coverage__x12') }}
),

fhir_coverages as (
    select * from {{ ref('int_coverage__fhir') }}
),

patient_xref as (
    select * from {{ ref('patient_xref') }}
),

spans as (
    select
        source_system,
        source_record_id,
        source_record_ids,
        recorded_at,
        span_key,
        id_authority,
        id_value,
        id_authority as subscriber_authority,
        subscriber_number as subscriber_value,
        member_id,
        payer_name,
        payer_identifier,
        coalesce(plan_description, insurance_line_code) as plan,
        group_number,
        coalesce({{ x12_coverage_type('insurance_line_code') }}, insurance_line_code) as type,
        coalesce({{ x12_relationship('relationship_code') }}, 'other') as relationship,
        -- A deleted enrolment (INS03 or HD01 002) was never true; a terminated one was, until its last day.
        case when maintenance_type_code = '002' then 'entered-in-error' else 'active' end as status,
        begin_date as period_start,
        case when maintenance_type_code != '002' or maintenance_type_code is null then end_date end as period_end,
        evidence
    from x12_spans
    union all by name
    select
        source_system,
        source_record_id,
        source_record_ids,
        recorded_at,
        span_key,
        id_authority,
        id_value,
        subscriber_id_authority as subscriber_authority,
        subscriber_id_value as subscriber_value,
        coalesce(subscriber_member_id, identifiers[1].value) as member_id,
        payer_name,
        coalesce(payer_identifier, payer_fhir_id) as payer_identifier,
        coalesce(plan.name, plan.value) as plan,
        group_class.value as group_number,
        coalesce(type_code, type_display) as type,
        coalesce(relationship, 'other') as relationship,
        status,
        period_start,
        period_end,
        'coverage' as evidence
    from fhir_coverages
),

identified as (
    select
        spans.*,
        {{ uuid_v5('Coverage', 'spans.source_system', 'spans.span_key') }} as coverage_id,
        members.patient_id,
        subscribers.patient_id as subscriber_patient_id,
        {{ organization_id(organization_key('null', 'spans.source_system', 'spans.payer_identifier', 'spans.payer_name')) }}
            as payer_organization_id,
        list_sort(list_distinct([spans.source_system])) as source_systems
    from spans
    left join patient_xref as members
        on
            spans.source_system = members.source_system
            and spans.id_authority = members.id_authority
            and spans.id_value = members.id_value
    left join patient_xref as subscribers
        on
            spans.source_system = subscribers.source_system
            and spans.subscriber_authority = subscribers.id_authority
            and spans.subscriber_value = subscribers.id_value
),

final as (
    select
        coverage_id,
        patient_id,
        member_id,
        payer_name,
        payer_identifier,
        payer_organization_id,
        plan,
        group_number,
        type,
        status,
        period_start,
        period_end,
        subscriber_patient_id,
        relationship,
        evidence,
        {{ silver_provenance() }},
        {{ fhir_object({
            'resourceType': fhir_constant('Coverage'),
            'id': fhir_token('coverage_id'),
            'meta': fhir_meta(),
            'identifier': fhir_array([
                fhir_identifier("'urn:id:' || lower(regexp_replace(coalesce(payer_identifier, source_system), '[^A-Za-z0-9.-]', '-', 'g')) || ':member'", 'member_id', "'MB'"),
            ]),
            'status': fhir_token('status'),
            'type': fhir_codeable_concept("case when regexp_matches(type, '^[A-Z]+$') and type in ('EHCPOL', 'HMO', 'PPO', 'POS', 'DENTPRG', 'VISPOL', 'DRUGPOL', 'RETIRE', 'PUBLICPOL', 'MILITARY', 'AUTOPOL', 'WCBPOL') then 'http://terminology.hl7.org/CodeSystem/v3-ActCode' end", 'type', text='type'),
            'subscriber': fhir_reference('Patient', 'subscriber_patient_id'),
            'subscriberId': fhir_string('member_id'),
            'beneficiary': fhir_reference_or_identifier('Patient', 'patient_id', 'coalesce(member_id, source_record_id)'),
            'relationship': fhir_codeable_concept("'" ~ relationship_system ~ "'", 'relationship'),
            'period': fhir_object({'start': fhir_on('period_start'), 'end': fhir_on('period_end')}),
            'payor': fhir_array([fhir_reference_or_display('Organization', 'payer_organization_id', 'payer_name')]),
            'class': fhir_array([
                "case when group_number is not null then " ~ fhir_object({'type': fhir_codeable_concept("'" ~ class_system ~ "'", "'group'"), 'value': fhir_string('group_number')}) ~ " end",
                "case when plan is not null then " ~ fhir_object({'type': fhir_codeable_concept("'" ~ class_system ~ "'", "'plan'"), 'value': fhir_string('plan')}) ~ " end",
            ]),
        }) }} as fhir_json
    from identified
)

select * from final
