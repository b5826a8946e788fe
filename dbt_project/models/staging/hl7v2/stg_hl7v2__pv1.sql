{{ config(materialized='incremental') }}
{% set files = hl7v2_files(['PV1']) %}

with segments as (
    {{ hl7v2_segments(['PV1'], files, anchors=['PID']) }}
),

typed as (
    select
        {{ hl7v2_provenance(['PID']) }},
        {{ hl7_integer('1') }} as set_id,
        {{ hl7('2.1') }} as patient_class,
        {{ hl7_first(hl7_list('3', {'point_of_care': '1.1', 'room': '2', 'bed': '3', 'facility': ['4.1', '4.2'], 'building': '7', 'floor': '8', 'description': '9'})) }} as assigned_location,
        {{ hl7('4.1') }} as admission_type,
        {{ hl7('5.1') }} as preadmit_number,
        {{ hl7('5.4.1', '5.4.2') }} as preadmit_namespace,
        {{ hl7_first(hl7_list('6', {'point_of_care': '1.1', 'room': '2', 'bed': '3', 'facility': ['4.1', '4.2'], 'building': '7', 'floor': '8', 'description': '9'})) }} as prior_location,
        {{ hl7_persons('7') }} as attending,
        {{ hl7_persons('8') }} as referring,
        {{ hl7_persons('9') }} as consulting,
        {{ hl7('10.1') }} as hospital_service,
        {{ hl7_first(hl7_codes('10')) }} as service_type,
        {{ hl7('13.1') }} as readmission,
        {{ hl7('14.1') }} as admit_source,
        {{ hl7_codes('15') }} as ambulatory_statuses,
        {{ hl7_first(hl7_codes('16')) }} as vip_indicator,
        {{ hl7_persons('17') }} as admitting,
        {{ hl7('18.1') }} as patient_type,
        {{ hl7('19.1') }} as visit_number,
        {{ hl7('19.4.1', '19.4.2') }} as visit_namespace,
        {{ hl7('36.1') }} as discharge_disposition,
        {{ hl7('37.1.2', '37.1.1') }} as discharged_to,
        {{ hl7('38.1') }} as diet_type,
        {{ hl7('39.1') }} as servicing_facility,
        {{ hl7('41.1') }} as account_status,
        {{ hl7_at('44') }} as admitted_at,
        {{ hl7_at_precision('44') }} as admitted_at_precision,
        {{ hl7_date(hl7_raw('44')) }} as admit_date,
        {{ hl7_at('45') }} as discharged_at,
        {{ hl7_at_precision('45') }} as discharged_at_precision,
        {{ hl7_date(hl7_raw('45')) }} as discharge_date,
        {{ hl7('50.1') }} as alternate_visit_id,
        {{ hl7_identifiers('50') }} as alternate_visit_ids,
        {{ hl7_persons('52') }} as other_providers,
        {{ hl7_null_fields() }} as null_fields
    from segments
)

select * from typed
