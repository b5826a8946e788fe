-- What a payer decided about a claim. A decision that the payer has reversed (835, CLP02 = 22) is cancelled;
-- the reversal is among its source records.
{% set claim_system = "'urn:id:' || source_system || ':claim'" %}
{% set term = 'http://terminology.hl7.org/CodeSystem' %}
{% set carin = 'http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBAdjudication' %}

with decisions as (
    select * from {{ ref('int_explanation_of_benefit_resolved') }}
),

stated as not materialized (
    select
        * replace (
            coalesce(lines, []) as lines,
            coalesce(created_at, recorded_at)::timestamp as created_at,
            recorded_at::timestamp as recorded_at,
            coalesce(status, 'active') as status,
            case
                when outcome in ('queued', 'complete', 'error', 'partial') then outcome
                else 'complete'
            end as outcome
        )
    from decisions
),

service_lines as (
    select
        explanation_of_benefit_id,
        unnest(lines) as line,
        generate_subscripts(lines, 1) as line_number
    from stated
),

line_adjustments as (
    select
        explanation_of_benefit_id,
        line_number,
        unnest(line.adjustments) as adjustment,
        generate_subscripts(line.adjustments, 1) as adjustment_number
    from service_lines
),

adjudications as (
    {{ fhir_elements_of('line_adjustments', ['explanation_of_benefit_id', 'line_number'], 'adjustment_number', fhir_adjustment('adjustment')) }}
),

adjudicated as (
    select
        service_lines.*,
        adjudications.json as adjustments_json
    from service_lines
    left join adjudications
        on
            service_lines.explanation_of_benefit_id = adjudications.explanation_of_benefit_id
            and service_lines.line_number = adjudications.line_number
),

items as (
    {{ fhir_elements_of('adjudicated', ['explanation_of_benefit_id'], 'line_number', fhir_object({
        'sequence': 'line_number::varchar',
        'revenue': fhir_revenue('line.revenue_code'),
        'productOrService': fhir_service('line.code_system', 'line.code', 'line.revenue_code'),
        'modifier': fhir_modifiers('line.modifiers'),
        'servicedDate': fhir_on('line.service_start_date'),
        'quantity': fhir_quantity('line.quantity', 'null::varchar'),
        'net': fhir_money('line.charge'),
        'adjudication': fhir_array([
            fhir_adjudication('submitted', 'line.charge'),
            fhir_adjudication('eligible', 'line.allowed'),
            fhir_adjudication('benefit', 'line.paid'),
            'adjustments_json',
        ]),
    })) }}
),

built as (
    select
        stated.*,
        fhir_received.*,
        {{ fhir_object({
            'resourceType': fhir_constant('ExplanationOfBenefit'),
            'id': fhir_token('stated.explanation_of_benefit_id'),
            'meta': fhir_meta(),
            'identifier': fhir_array([fhir_identifier("'urn:id:' || source_system || ':payer-claim'", 'coalesce(payer_claim_number, claim_number)')]),
            'status': fhir_token('status'),
            'type': fhir_codeable_concept("case when type in ('professional', 'institutional', 'oral', 'dental', 'pharmacy', 'vision') then '" ~ term ~ "/claim-type' end", "case type when 'dental' then 'oral' else type end"),
            'use': fhir_token('use'),
            'patient': fhir_reference_or_identifier('Patient', 'patient_id', 'coalesce(member_id, source_record_id)'),
            'billablePeriod': fhir_object({'start': fhir_on('service_start_date'), 'end': fhir_on('service_end_date')}),
            'created': fhir_at('created_at'),
            'insurer': fhir_reference_or_display('Organization', 'payer_organization_id', 'payer_name'),
            'provider': fhir_reference_or_display('Organization', 'billing_organization_id', 'payee_name'),
            'claim': "coalesce(" ~ fhir_reference('Claim', 'claim_id') ~ ", " ~ fhir_object({'identifier': fhir_identifier(claim_system, 'claim_number')}) ~ ")",
            'outcome': fhir_token('outcome'),
            'disposition': fhir_string('disposition'),
            'insurance': fhir_array([fhir_object({
                'focal': "'true'",
                'coverage': fhir_reference_or_display('Coverage', 'coverage_id', 'payer_name'),
            })]),
            'item': "'[' || items.json || ']'",
            'adjudication': fhir_list("list_transform(adjustments, lambda adjustment: " ~ fhir_adjustment('adjustment') ~ ")"),
            'total': fhir_array([
                fhir_adjudication('submitted', 'total_charge'),
                fhir_adjudication('benefit', 'total_paid'),
                fhir_adjudication('memberliability', 'patient_responsibility', carin),
            ]),
            'payment': fhir_object({
                'date': fhir_on('payment_date'),
                'amount': fhir_money('total_paid'),
                'identifier': fhir_identifier("'urn:id:' || source_system || ':payment'", 'payment_trace_number'),
            }),
        }) }} as built_json
    from stated
    left join items on stated.explanation_of_benefit_id = items.explanation_of_benefit_id
    {{ join_fhir_received('stated', 'ExplanationOfBenefit', record='source_record_id') }}
),

final as (
    select
        explanation_of_benefit_id,
        patient_id,
        claim_id,
        claim_number,
        payer_claim_number,
        use,
        type,
        status,
        outcome,
        claim_status_code,
        total_charge,
        total_paid,
        patient_responsibility,
        adjustment_total,
        is_balanced,
        denial_reason_code,
        payment_date,
        payment_trace_number,
        payer_name,
        payer_identifier,
        payer_organization_id,
        billing_organization_id,
        coverage_id,
        service_start_date,
        service_end_date,
        reversed_at::timestamp as reversed_at,
        lines,
        created_at,
        {{ silver_provenance() }},
        {{ fhir_with_received('built_json', 'explanation_of_benefit_id') }} as fhir_json
    from built
)

select * from final
