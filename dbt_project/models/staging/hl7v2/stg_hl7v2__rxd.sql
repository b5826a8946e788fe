{{ config(materialized='incremental') }}
{% set files = hl7v2_files(['RXD']) %}

with segments as (
    {{ hl7v2_segments(['RXD'], files, anchors=['PID', 'PV1', 'ORC', 'RXE']) }}
),

typed as (
    select
        {{ hl7v2_provenance(['PID', 'PV1', 'ORC', 'RXE']) }},
        {{ hl7_integer('1') }} as dispense_sub_id,
        {{ hl7('2.1') }} as dispense_code,
        {{ hl7('2.2') }} as dispense_display,
        {{ hl7('2.3') }} as dispense_system,
        {{ hl7('2.4') }} as dispense_alternate_code,
        {{ hl7('2.5') }} as dispense_alternate_display,
        {{ hl7('2.6') }} as dispense_alternate_system,
        {{ hl7_at('3') }} as dispensed_at,
        {{ hl7_at_precision('3') }} as dispensed_at_precision,
        {{ hl7_date(hl7_raw('3')) }} as dispensed_date,
        {{ hl7_number('4') }} as dispense_amount,
        {{ hl7('5.1') }} as dispense_unit,
        {{ hl7('5.2') }} as dispense_unit_display,
        {{ hl7('5.3') }} as dispense_unit_system,
        {{ hl7('6.1') }} as dosage_form_code,
        {{ hl7('6.2') }} as dosage_form,
        {{ hl7('7.1') }} as prescription_number,
        {{ hl7_integer('8') }} as refills_remaining,
        {{ hl7_lines('9') }} as dispense_notes,
        {{ hl7_persons('10') }} as dispensing_providers,
        {{ hl7('11.1') }} as substitution_status,
        {{ hl7_number('12') }} as total_daily_dose,
        {{ hl7_list('15', {'code': '1', 'text': ['2', '1']}) }} as dispense_instructions,
        {{ hl7('18.1') }} as lot_number,
        {{ hl7_date(hl7_raw('19')) }} as expiration_date,
        {{ hl7('20.1') }} as manufacturer_code,
        {{ hl7('20.2') }} as manufacturer,
        {{ hl7_first(hl7_list('24', {'name': '1.1', 'value': '2'})) }} as dispense_package
    from segments
)

select * from typed
