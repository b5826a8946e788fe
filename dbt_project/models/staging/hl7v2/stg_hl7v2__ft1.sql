{{ config(materialized='incremental') }}
{% set files = hl7v2_files(['FT1']) %}

with segments as (
    {{ hl7v2_segments(['FT1'], files, anchors=['PID', 'PV1']) }}
),

typed as (
    select
        {{ hl7v2_provenance(['PID', 'PV1']) }},
        {{ hl7_integer('1') }} as set_id,
        {{ hl7('2.1') }} as transaction_number,
        {{ hl7('3.1') }} as batch_number,
        {{ hl7_at('4') }} as transaction_at,
        {{ hl7_at_precision('4') }} as transaction_at_precision,
        {{ hl7_date(hl7_raw('4.1')) }} as transaction_date,
        {{ hl7_at('5') }} as posted_at,
        {{ hl7_at_precision('5') }} as posted_at_precision,
        {{ hl7('6.1') }} as transaction_type,
        {{ hl7('7.1') }} as charge_code,
        {{ hl7('7.2') }} as charge_display,
        {{ hl7('7.3') }} as charge_system,
        {{ hl7('7.4') }} as charge_alternate_code,
        {{ hl7('7.5') }} as charge_alternate_display,
        {{ hl7('7.6') }} as charge_alternate_system,
        {{ hl7('8') }} as description,
        {{ hl7_number('10') }} as quantity,
        try_cast({{ hl7_raw('11.1.1') }} as decimal(18, 2)) as extended_amount,
        try_cast({{ hl7_raw('12.1.1') }} as decimal(18, 2)) as unit_amount,
        {{ hl7('11.1.2', '12.1.2') }} as currency,
        {{ hl7('13.1') }} as department_code,
        {{ hl7('14.1') }} as insurance_plan_code,
        {{ hl7('18.1') }} as patient_type,
        {{ hl7_codes('19') }} as diagnoses,
        {{ hl7_persons('20') }} as performers,
        {{ hl7_persons('21') }} as ordering_providers,
        {{ hl7('23.1') }} as filler_order_number,
        {{ hl7('25.1') }} as procedure_code,
        {{ hl7('25.2') }} as procedure_display,
        {{ hl7('25.3') }} as procedure_system,
        {{ hl7('25.4') }} as procedure_alternate_code,
        {{ hl7('25.5') }} as procedure_alternate_display,
        {{ hl7('25.6') }} as procedure_alternate_system,
        {{ hl7_codes('26') }} as modifiers
    from segments
)

select * from typed
