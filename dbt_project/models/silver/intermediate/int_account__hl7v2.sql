-- noqa: disable=LT01, LT09
{{ config(materialized='view') }}
-- PID-18 to Account by HL7's Version 2 to FHIR (PID[Account], MRG[Account]), with PV1-41, -44 and -45 and the
-- guarantor (GT1). BAR P02 (purge) and P06 (end) close an account, as does its merger into another (MRG-3).
with patients as (
    select
        *,
        segment_index as pid_index,
        split_part(message_type, '^', 1) || ' ' || split_part(message_type, '^', 2) as event
    from {{ ref('stg_hl7v2__pid') }}
),

visits as (
    select distinct on (file_sha256, record_index, pid_index) *
    from {{ ref('stg_hl7v2__pv1') }}
    order by file_sha256 asc, record_index asc, pid_index asc, segment_index asc
),

guarantors as (
    select distinct on (file_sha256, record_index, pid_index) *
    from {{ ref('stg_hl7v2__gt1') }}
    order by file_sha256 asc, record_index asc, pid_index asc, set_id asc nulls last, segment_index asc
),

own as (
    select
        patients.source_system, patients.feed, patients.source_record_id, patients.received_at, patients.message_at,
        patients.file_sha256, patients.record_index, patients.segment_index, patients.pid_index,
        patients.account_number,
        patients.account_authority,
        case when patients.event in ('BAR P02', 'BAR P06') then 'inactive' when patients.event like 'BAR%' or patients.event in ('ADT A01', 'ADT A04', 'ADT A05') then 'active' end
            as status,
        visits.patient_type,
        visits.admitted_at,
        visits.admitted_at_precision,
        visits.discharged_at,
        visits.discharged_at_precision,
        {{ hl7_is_self('guarantors.relationship_code', 'guarantors.relationship_display') }}
        or (
            upper(guarantors.names[1].family) = upper(patients.names[1].family)
            and upper(guarantors.names[1].given) is not distinct from upper(patients.names[1].given)
        ) as is_own_guarantor,
        guarantors.names[1].family as guarantor_family,
        guarantors.names[1].given as guarantor_given
    from patients
    {{ hl7_join_segment('visits', 'visits', 'patients.pid_index', relation='patients', column='pid_index') }}
    {{ hl7_join_segment('guarantors', 'guarantors', 'patients.pid_index', relation='patients', column='pid_index') }}
    where patients.account_number is not null
),

merged_away as (
    select
        source_system, feed, source_record_id, received_at, message_at, file_sha256, record_index, segment_index, pid_index,
        prior_account_number as account_number,
        prior_account_authority as account_authority,
        'inactive' as status
    from {{ ref('stg_hl7v2__mrg') }}
    where prior_account_number is not null
),

segments as (
    select * from own
    union all by name
    select * from merged_away
    where not exists (
        select 1 from own
        where
            own.file_sha256 = merged_away.file_sha256
            and own.record_index = merged_away.record_index
            and own.account_number = merged_away.account_number
    )
),

final as (
    select
        {{ hl7_int_provenance() }},
        persons.owner_authority as id_authority,
        persons.owner_value as id_value,
        segments.account_number as source_key,
        segments.account_number,
        upper(segments.account_authority) as account_namespace,
        segments.status,
        case
            when segments.patient_type is not null
                then [{'system': 'http://terminology.hl7.org/CodeSystem/v2-0018', 'code': segments.patient_type, 'display': null::varchar}]
        end as type_codings,
        segments.admitted_at as service_start_at,
        segments.admitted_at_precision as service_start_at_precision,
        segments.discharged_at as service_end_at,
        segments.discharged_at_precision as service_end_at_precision,
        segments.is_own_guarantor,
        segments.guarantor_family,
        segments.guarantor_given
    from segments
    {{ hl7_join_person() }}
)

{{ int_select('account', 'final', absent=['name']) }}
