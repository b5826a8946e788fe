{{ config(materialized='view') }}
-- noqa: disable=RF01, RF02, AM04
-- Every span of coverage that a source tells of, with the persons as identity knows them.
with x12_spans as (
    select * from {{ ref('int_coverage__x12') }}
),

fhir_coverages as (
    select * from {{ ref('int_coverage__fhir') }}
),

registrations as (
    select * from {{ ref('int_coverage__hl7v2') }}
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
    union all by name
    select
        source_system,
        source_record_id,
        source_record_ids,
        recorded_at,
        span_key,
        id_authority,
        id_value,
        case when is_self then id_authority end as subscriber_authority,
        case when is_self then id_value end as subscriber_value,
        subscriber_key,
        member_id,
        subscriber_number,
        payer_name,
        payer_identifier,
        plan,
        group_number,
        group_name,
        type,
        type_table,
        relationship,
        'active' as status,
        coverage_order,
        period_start,
        period_end,
        evidence
    from registrations
),

identified as (
    select
        spans.*,
        {{ uuid_v5('Coverage', 'spans.source_system', 'spans.span_key') }} as coverage_id,
        members.patient_id,
        subscribers.patient_id as subscriber_patient_id,
        {{ organization_key('null', 'spans.source_system', 'spans.payer_identifier', 'spans.payer_name') }} as payer_organization_key,
        -- A card's number, however a desk typed it.
        upper(regexp_replace(spans.member_id, '[^A-Za-z0-9]', '', 'g')) as member_key
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
)

select * from identified
