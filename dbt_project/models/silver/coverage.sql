{% set relationship_system = 'http://terminology.hl7.org/CodeSystem/subscriber-relationship' %}
{% set class_system = 'http://terminology.hl7.org/CodeSystem/coverage-class' %}

with spans as (
    select * from {{ ref('int_coverage_spans') }}
),

-- What a registration desk was told of a policy that the payer itself (or a claim) tells of is word of that
-- coverage, none of its own: the span that ran when the desk was told, else the latest.
confirmations as (
    select
        registrations.coverage_id as registration_id,
        registrations.source_system,
        registrations.source_record_ids,
        spans.coverage_id
    from spans as registrations
    inner join spans
        on registrations.patient_id = spans.patient_id and registrations.member_key = spans.member_key
    where registrations.evidence = 'registration' and spans.evidence != 'registration'
    qualify
        row_number() over (
            partition by registrations.coverage_id
            order by
                coalesce(spans.period_start <= registrations.recorded_at::date, true) desc,
                spans.period_start desc nulls last,
                spans.coverage_id asc
        ) = 1
),

confirmed as (
    select
        coverage_id,
        list_sort(list(source_system)) as source_systems,
        list_sort(flatten(list(source_record_ids))) as source_record_ids
    from confirmations
    group by coverage_id
),

identified as (
    select
        spans.* exclude (source_record_ids),
        {{ organization_id('spans.payer_organization_key') }} as payer_organization_id,
        {{ uuid_v5('RelatedPerson', "'key'", 'spans.subscriber_key') }} as subscriber_related_person_id,
        list_sort(list_distinct(list_append(coalesce(confirmed.source_systems, []), spans.source_system))) as source_systems,
        list_sort(list_distinct(list_concat(coalesce(confirmed.source_record_ids, []), spans.source_record_ids)))
            as source_record_ids
    from spans
    anti join confirmations on spans.coverage_id = confirmations.registration_id
    left join confirmed on spans.coverage_id = confirmed.coverage_id
),

built as (
    select
        *,
        {{ fhir_object({
            'resourceType': fhir_constant('Coverage'),
            'id': fhir_token('coverage_id'),
            'meta': fhir_meta(),
            'identifier': fhir_array([
                fhir_identifier("'urn:id:' || lower(regexp_replace(coalesce(payer_identifier, source_system), '[^A-Za-z0-9.-]', '-', 'g')) || ':member'", 'member_id', "'MB'"),
            ]),
            'status': fhir_token('status'),
            'type': fhir_codeable_concept("case when regexp_matches(type, '^[A-Z]+$') and type in ('EHCPOL', 'HMO', 'PPO', 'POS', 'DENTPRG', 'VISPOL', 'DRUGPOL', 'RETIRE', 'PUBLICPOL', 'MILITARY', 'AUTOPOL', 'WCBPOL') then 'http://terminology.hl7.org/CodeSystem/v3-ActCode' when type_table is not null then 'http://terminology.hl7.org/CodeSystem/' || type_table end", 'type', text='type'),
            'subscriber': "coalesce(" ~ fhir_reference('Patient', 'subscriber_patient_id') ~ ", " ~ fhir_reference('RelatedPerson', 'subscriber_related_person_id') ~ ")",
            'subscriberId': fhir_string('coalesce(subscriber_number, member_id)'),
            'beneficiary': fhir_reference_or_identifier('Patient', 'patient_id', 'coalesce(member_id, source_record_id)'),
            'relationship': fhir_codeable_concept("'" ~ relationship_system ~ "'", 'relationship'),
            'period': fhir_object({'start': fhir_on('period_start'), 'end': fhir_on('period_end')}),
            'order': "case when coverage_order > 0 then " ~ fhir_integer('coverage_order') ~ " end",
            'payor': fhir_array([fhir_reference_or_display('Organization', 'payer_organization_id', 'payer_name')]),
            'class': fhir_array([
                "case when group_number is not null then " ~ fhir_object({'type': fhir_codeable_concept("'" ~ class_system ~ "'", "'group'"), 'value': fhir_string('group_number'), 'name': fhir_string('group_name')}) ~ " end",
                "case when plan is not null then " ~ fhir_object({'type': fhir_codeable_concept("'" ~ class_system ~ "'", "'plan'"), 'value': fhir_string('plan')}) ~ " end",
            ]),
        }) }} as built_json
    from identified
    {{ join_fhir_received('identified', 'Coverage', record='source_record_id') }}
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
        group_name,
        type,
        status,
        period_start,
        period_end,
        subscriber_patient_id,
        subscriber_related_person_id,
        relationship,
        coverage_order,
        evidence,
        {{ silver_provenance() }},
        {{ fhir_with_received('built_json', 'coverage_id') }} as fhir_json
    from built
)

select * from final
