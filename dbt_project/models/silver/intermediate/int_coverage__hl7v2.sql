{{ config(materialized='view') }}
-- noqa: disable=RF01, RF02, AM04, AM07
-- IN1 and IN2 to Coverage (HL7's Version 2 to FHIR, segment IN1; its map of IN2 is silent): what a registration
-- desk was told. A policy is a person's, of one company and number; what was said last of each field counts.
with in1 as (
    select * from {{ ref('stg_hl7v2__in1') }}
),

patient_xref as (
    select * from {{ ref('patient_xref') }}
),

segments as (
    select
        in1.*,
        in1.company_ids[1].value as company_id,
        in1.insured_names[1].family as insured_family,
        in1.insured_names[1].given as insured_given,
        coalesce(in1.policy_number, in2.member_ids[1].value, in1.insured_ids[1].value, in2.medicare_number, in2.medicaid_number)
            as member_id,
        {{ hl7_is_self('in1.relationship_code', 'in1.relationship_display') }} as is_self
    from in1
    {{ hl7_join_segment(ref('stg_hl7v2__in2'), 'in2', 'in1.segment_index', relation='in1', column='in1_index') }}
),

said as not materialized (
    select
        {{ hl7_int_provenance() }},
        persons.id_authority,
        persons.id_value,
        concat_ws(
            '|', 'hl7v2', segments.source_system, persons.id_authority, persons.id_value,
            coalesce(segments.company_id, upper(segments.company_name), ''),
            coalesce(segments.member_id, segments.group_number, segments.plan_code, segments.plan_name, '')
        ) as match_key,
        0 as lead_order,
        segments.member_id,
        coalesce(segments.insured_ids[1].value, segments.member_id) as subscriber_number,
        segments.company_name as payer_name,
        segments.company_id as payer_identifier,
        coalesce(segments.plan_name, segments.plan_code, segments.company_plan_code) as plan,
        segments.group_number,
        segments.group_name,
        coalesce(segments.plan_type, segments.coverage_type) as type,
        case when segments.plan_type is not null then 'v2-0086' when segments.coverage_type is not null then 'v2-0309' end as type_table,
        case
            when segments.is_self then 'self'
            else
                case upper(segments.relationship_code)
                    when 'SPO' then 'spouse'
                    when 'DOM' then 'common'
                    when 'CHD' then 'child'
                    when 'NCH' then 'child'
                    when 'SCH' then 'child'
                    when 'FCH' then 'child'
                    when 'PAR' then 'parent'
                    when 'MTH' then 'parent'
                    when 'FTH' then 'parent'
                    else coalesce({{ x12_relationship('segments.relationship_code') }}, 'other')
                end
        end as relationship,
        segments.is_self,
        segments.insured_family,
        segments.insured_given,
        coalesce(try_cast(segments.coordination_priority as integer), segments.set_id) as coverage_order,
        segments.plan_effective_date as period_start,
        segments.plan_expiration_date as period_end,
        {{ hl7_null_columns('segments.null_fields', {
            '8': ['group_number'], '9': ['group_name'], '12': ['period_start'], '13': ['period_end'],
            '15': ['type', 'type_table'], '16': ['insured_family', 'insured_given'], '22': ['coverage_order'],
        }) }} as null_columns
    from segments
    {{ hl7_join_person() }}
    where coalesce(segments.company_id, segments.company_name, segments.member_id, segments.plan_code, segments.plan_name) is not null
),

latest as (
    select
        * exclude (match_key),
        match_key as span_key
    from (
        {{ merged('said', [
            'id_authority', 'id_value', 'member_id', 'subscriber_number', 'payer_name', 'payer_identifier', 'plan', 'group_number',
            'group_name', 'type', 'type_table', 'relationship', 'is_self', 'insured_family', 'insured_given', 'coverage_order',
            'period_start', 'period_end',
        ], nulls=true) }}
    ) as merged
),

identified as (
    select
        latest.*,
        patient_xref.patient_id
    from latest
    left join patient_xref
        on
            latest.source_system = patient_xref.source_system
            and latest.id_authority = patient_xref.id_authority
            and latest.id_value = patient_xref.id_value
),

final as (
    select
        * exclude (patient_id),
        case
            when not is_self and coalesce(insured_family, insured_given) is not null
                then {{ related_person_key(person_scope(), 'insured_family', 'insured_given') }}
        end as subscriber_key,
        'registration' as evidence
    from identified
)

select * from final
