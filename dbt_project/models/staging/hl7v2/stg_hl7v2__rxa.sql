{{ config(materialized='incremental') }}
{% set files = hl7v2_files(['RXA']) %}

with segments as (
    {{ hl7v2_segments(['RXA'], files, anchors=['PID', 'PV1', 'ORC']) }}
),

typed as (
    select
        {{ hl7v2_provenance(['PID', 'PV1', 'ORC']) }},
        {{ hl7_integer('2') }} as administration_sub_id,
        {{ hl7_at('3') }} as started_at,
        {{ hl7_at_precision('3') }} as started_at_precision,
        {{ hl7_date(hl7_raw('3')) }} as started_date,
        {{ hl7_at('4') }} as ended_at,
        {{ hl7_at_precision('4') }} as ended_at_precision,
        {{ hl7('5.1') }} as administered_code,
        {{ hl7('5.2') }} as administered_display,
        {{ hl7('5.3') }} as administered_system,
        {{ hl7('5.4') }} as administered_alternate_code,
        {{ hl7('5.5') }} as administered_alternate_display,
        {{ hl7('5.6') }} as administered_alternate_system,
        {{ hl7_number('6') }} as administered_amount,
        {{ hl7('7.1') }} as administered_unit,
        {{ hl7('7.2') }} as administered_unit_display,
        {{ hl7_codes('9') }} as notes,
        {{ hl7_persons('10') }} as administering_providers,
        {{ hl7_first(hl7_list('11', {'point_of_care': '1.1', 'facility': ['4.1', '4.2'], 'street': '9'})) }} as location,
        {{ hl7('15.1') }} as lot_number,
        {{ hl7_date(hl7_raw('16')) }} as expiration_date,
        {{ hl7('17.1') }} as manufacturer_code,
        {{ hl7('17.2', '17.1') }} as manufacturer,
        {{ hl7('18.1') }} as refusal_reason_code,
        {{ hl7('18.2') }} as refusal_reason_display,
        {{ hl7('18.3') }} as refusal_reason_system,
        {{ hl7('18.4') }} as refusal_reason_alternate_code,
        {{ hl7('18.5') }} as refusal_reason_alternate_display,
        {{ hl7('18.6') }} as refusal_reason_alternate_system,
        {{ hl7('19.1') }} as indication_code,
        {{ hl7('19.2') }} as indication_display,
        {{ hl7('19.3') }} as indication_system,
        {{ hl7('19.4') }} as indication_alternate_code,
        {{ hl7('19.5') }} as indication_alternate_display,
        {{ hl7('19.6') }} as indication_alternate_system,
        {{ hl7('20.1') }} as completion_status,
        {{ hl7('21.1') }} as action_code,
        {{ hl7_at('22') }} as entered_at,
        {{ hl7_at_precision('22') }} as entered_at_precision,
        {{ hl7_null_fields() }} as null_fields
    from segments
)

select * from typed
