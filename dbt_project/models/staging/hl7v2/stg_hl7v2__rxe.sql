{{ config(materialized='incremental') }}
{% set files = hl7v2_files(['RXE']) %}

with segments as (
    {{ hl7v2_segments(['RXE'], files, anchors=['PID', 'PV1', 'ORC']) }}
),

typed as (
    select
        {{ hl7v2_provenance(['PID', 'PV1', 'ORC']) }},
        {{ hl7_number('1.1.1') }} as timing_quantity,
        {{ hl7('1.1.2') }} as timing_quantity_unit,
        {{ hl7('1.2.1') }} as timing_pattern,
        {{ hl7('1.3') }} as timing_duration,
        {{ hl7_at('1.4') }} as timing_start_at,
        {{ hl7_at_precision('1.4') }} as timing_start_at_precision,
        {{ hl7_at('1.5') }} as timing_end_at,
        {{ hl7_at_precision('1.5') }} as timing_end_at_precision,
        {{ hl7('1.6') }} as timing_priority,
        {{ hl7('1.8') }} as timing_text,
        {{ hl7('2.1') }} as give_code,
        {{ hl7('2.2') }} as give_display,
        {{ hl7('2.3') }} as give_system,
        {{ hl7('2.4') }} as give_alternate_code,
        {{ hl7('2.5') }} as give_alternate_display,
        {{ hl7('2.6') }} as give_alternate_system,
        {{ hl7_number('3') }} as give_minimum,
        {{ hl7_number('4') }} as give_maximum,
        {{ hl7('5.1') }} as give_unit,
        {{ hl7('5.2') }} as give_unit_display,
        {{ hl7('5.3') }} as give_unit_system,
        {{ hl7('6.1') }} as dosage_form_code,
        {{ hl7('6.2') }} as dosage_form,
        {{ hl7_list('7', {'code': '1', 'text': ['2', '1']}) }} as administration_instructions,
        {{ hl7('9.1') }} as substitution_status,
        {{ hl7_number('10') }} as dispense_amount,
        {{ hl7('11.1') }} as dispense_unit,
        {{ hl7('11.2') }} as dispense_unit_display,
        {{ hl7('11.3') }} as dispense_unit_system,
        {{ hl7_integer('12') }} as refills,
        {{ hl7_persons('13') }} as ordering_providers,
        {{ hl7_persons('14') }} as pharmacists,
        {{ hl7('15.1') }} as prescription_number,
        {{ hl7_integer('16') }} as refills_remaining,
        {{ hl7_integer('17') }} as refills_dispensed,
        {{ hl7_at('18') }} as last_dispensed_at,
        {{ hl7_at_precision('18') }} as last_dispensed_at_precision,
        {{ hl7_number('19.1') }} as daily_dose,
        {{ hl7('19.2.1') }} as daily_dose_unit,
        {{ hl7_list('21', {'code': '1', 'text': ['2', '1']}) }} as dispense_instructions,
        {{ hl7_number('23') }} as rate,
        {{ hl7('24.1') }} as rate_unit,
        {{ hl7('24.2') }} as rate_unit_display,
        {{ hl7('24.3') }} as rate_unit_system,
        {{ hl7_number('25') }} as give_strength,
        {{ hl7('26.1') }} as give_strength_unit,
        {{ hl7_codes('27') }} as indications,
        {{ hl7_at('32') }} as original_order_at,
        {{ hl7_at_precision('32') }} as original_order_at_precision,
        {{ hl7('31.1') }} as supplementary_code,
        {{ hl7('31.2') }} as supplementary_display,
        {{ hl7('31.3') }} as supplementary_system,
        {{ hl7_null_fields() }} as null_fields
    from segments
)

select * from typed
