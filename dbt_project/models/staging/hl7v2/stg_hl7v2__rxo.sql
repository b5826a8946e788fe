{{ config(materialized='incremental') }}
{% set files = hl7v2_files(['RXO']) %}

with segments as (
    {{ hl7v2_segments(['RXO'], files, anchors=['PID', 'PV1', 'ORC']) }}
),

typed as (
    select
        {{ hl7v2_provenance(['PID', 'PV1', 'ORC']) }},
        {{ hl7('1.1') }} as requested_give_code,
        {{ hl7('1.2') }} as requested_give_display,
        {{ hl7('1.3') }} as requested_give_system,
        {{ hl7('1.4') }} as requested_give_alternate_code,
        {{ hl7('1.5') }} as requested_give_alternate_display,
        {{ hl7('1.6') }} as requested_give_alternate_system,
        {{ hl7_number('2') }} as give_minimum,
        {{ hl7_number('3') }} as give_maximum,
        {{ hl7('4.1') }} as give_unit,
        {{ hl7('4.2') }} as give_unit_display,
        {{ hl7('4.3') }} as give_unit_system,
        {{ hl7('5.1') }} as dosage_form_code,
        {{ hl7('5.2') }} as dosage_form,
        {{ hl7_list('7', {'code': '1', 'text': ['2', '1']}) }} as administration_instructions,
        {{ hl7('9.1') }} as allow_substitutions,
        {{ hl7('10.1') }} as dispense_code,
        {{ hl7('10.2') }} as dispense_display,
        {{ hl7('10.3') }} as dispense_system,
        {{ hl7('10.4') }} as dispense_alternate_code,
        {{ hl7('10.5') }} as dispense_alternate_display,
        {{ hl7('10.6') }} as dispense_alternate_system,
        {{ hl7_number('11') }} as dispense_amount,
        {{ hl7('12.1') }} as dispense_unit,
        {{ hl7('12.2') }} as dispense_unit_display,
        {{ hl7('12.3') }} as dispense_unit_system,
        {{ hl7_integer('13') }} as refills,
        {{ hl7_persons('14') }} as ordering_providers,
        {{ hl7_codes('20') }} as indications,
        {{ hl7_number('21') }} as rate,
        {{ hl7('22.1') }} as rate_unit,
        {{ hl7('22.2') }} as rate_unit_display,
        {{ hl7('22.3') }} as rate_unit_system,
        {{ hl7_number('23.1') }} as daily_dose,
        {{ hl7('23.2.1') }} as daily_dose_unit
    from segments
)

select * from typed
