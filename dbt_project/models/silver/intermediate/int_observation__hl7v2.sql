{{ config(materialized='view') }}
-- OBX to Observation by HL7's Version 2 to FHIR (ORU_R01, segment OBX): status by table 0085, value by OBX-2.
with results as (
    select * from {{ ref('int_hl7v2__values') }}
),

obr as (
    select
        *,
        case when obr_index is null or obr_index < orc_index then orc_index end as own_orc_index
    from {{ ref('stg_hl7v2__obr') }}
),

orders as (
    select
        obr.*,
        coalesce(obr.filler_order_number, orc.filler_order_number) as order_filler_number,
        upper(coalesce(obr.filler_namespace, orc.filler_namespace)) as order_filler_namespace,
        coalesce(obr.placer_order_number, orc.placer_order_number) as order_placer_number
    from obr
    left join {{ ref('stg_hl7v2__orc') }} as orc
        on
            obr.file_sha256 = orc.file_sha256
            and obr.record_index = orc.record_index
            and obr.own_orc_index = orc.segment_index
),

notes as (
    {{ hl7_notes() }}
),

placed as (
    select
        segments.*,
        persons.owner_authority as id_authority,
        persons.owner_value as id_value,
        visits.visit_number,
        visits.visit_namespace,
        notes.note,
        orders.order_filler_number as filler_order_number,
        orders.order_filler_namespace as filler_namespace,
        orders.order_placer_number as placer_order_number,
        orders.diagnostic_service,
        orders.result_status as order_status,
        coalesce(segments.observed_at, orders.observed_at) as effective_at,
        case
            when segments.observed_at is not null then segments.observed_at_precision else orders.observed_at_precision
        end as effective_at_precision,
        coalesce(orders.reported_at, segments.message_at) as issued_at,
        case when orders.segment_index is not null then {{ hl7_report_key('orders', 'persons') }} end as report_source_key,
        coalesce(observation_code, observation_alternate_code, observation_display, observation_alternate_display) as question
    from results as segments
    left join {{ ref('int_hl7v2__persons') }} as persons
        on
            segments.file_sha256 = persons.file_sha256
            and segments.record_index = persons.record_index
            and segments.pid_index = persons.pid_index
    left join {{ ref('int_hl7v2__visits') }} as visits
        on
            segments.file_sha256 = visits.file_sha256
            and segments.record_index = visits.record_index
            and segments.pv1_index = visits.pv1_index
    left join orders
        on
            segments.file_sha256 = orders.file_sha256
            and segments.record_index = orders.record_index
            and segments.obr_index = orders.segment_index
    left join notes
        on
            segments.file_sha256 = notes.file_sha256
            and segments.record_index = notes.record_index
            and segments.segment_index = notes.parent_index
),

final as (
    select
        source_system,
        feed,
        source_record_id,
        received_at,
        coalesce(message_at, received_at) as recorded_at,
        record_index * 1000000 + segment_index as record_order,
        id_authority,
        id_value,
        {{ hl7_local_system('observation') }} as local_system,
        {{ hl7_local_code('observation') }} as local_code,
        {{ hl7_codings('observation') }} as codings,
        coalesce(
            filler_order_number || '|' || question,
            id_authority || '|' || id_value || '|' || question || '|' || effective_at,
            source_record_id || ':' || segment_index
        ) as source_key,
        filler_order_number,
        filler_namespace,
        placer_order_number,
        nullif(place, '') as sub_id,
        report_source_key,
        visit_number,
        visit_namespace,
        case
            when diagnostic_service in ('LAB', 'CH', 'HM', 'MB', 'SR', 'IMM', 'TX', 'UR', 'BLB', 'MCB', 'SP', 'GE', 'CG', 'PAT')
                then 'laboratory'
            when diagnostic_service in ('RAD', 'RX', 'CT', 'NMR', 'NMS', 'RUS', 'OUS', 'VUS', 'CUS', 'XRC') then 'imaging'
            when diagnostic_service in ('OTH', 'PHY', 'PT', 'OT', 'RC', 'RT', 'PF', 'EC', 'NRS', 'ICU') then 'exam'
            when message_type like 'ORU%' or message_type like 'OUL%' then 'laboratory'
            else 'exam'
        end as category,
        case coalesce(result_status, order_status)
            when 'F' then 'final'
            when 'U' then 'final'
            when 'C' then 'corrected'
            when 'A' then 'amended'
            when 'D' then 'entered-in-error'
            when 'W' then 'entered-in-error'
            when 'X' then 'cancelled'
            when 'N' then 'cancelled'
            when 'P' then 'preliminary'
            when 'R' then 'preliminary'
            when 'S' then 'preliminary'
            when 'B' then 'preliminary'
            when 'I' then 'registered'
            when 'O' then 'registered'
            else 'unknown'
        end as status,
        effective_at,
        effective_at_precision,
        issued_at,
        kind as value_type,
        case when kind = 'Quantity' then value_number end as value_quantity,
        case when kind = 'Quantity' then coalesce(unit_code, unit_display) end as value_unit,
        case
            when kind = 'CodeableConcept' then value_text
            when kind in ('string', 'Ratio', 'Range')
                then coalesce(
                    value_text,
                    nullif(concat_ws(
                        '', value_comparator, {{ fhir_number('value_number') }}, value_separator, {{ fhir_number('value_number_2') }}
                    ), ''),
                    value_raw
                )
            when kind = 'time' then value_time
        end as value_text,
        case when kind = 'CodeableConcept' then {{ coding_system('source_system', 'value_coding.system') }} end as value_code_system,
        case when kind = 'CodeableConcept' then value_coding.code end as value_code,
        case when kind = 'CodeableConcept' then coalesce(value_coding.display, value_coding.alternate_display) end as value_code_display,
        case when kind = 'Quantity' then nullif(value_comparator, '=') end as value_comparator,
        case when kind = 'dateTime' then value_at end as value_at,
        case when kind = 'dateTime' then value_at_precision end as value_at_precision,
        case when value_type not in ('ED', 'RP') or value_type is null then value_raw end as original_value,
        coalesce(unit_code, unit_display) as original_unit,
        nullif(trim(string_split(string_split(abnormal_flags, '~')[1], '^')[1]), '') as interpretation,
        try_cast(coalesce(
            nullif(regexp_extract(reference_range, '^ *(-?[0-9.]+) *(?:-|to) *-?[0-9.]+', 1), ''),
            nullif(regexp_extract(reference_range, '^ *>=? *(-?[0-9.]+)', 1), '')
        ) as double) as reference_low,
        try_cast(coalesce(
            nullif(regexp_extract(reference_range, '^ *-?[0-9.]+ *(?:-|to) *(-?[0-9.]+)', 1), ''),
            nullif(regexp_extract(reference_range, '^ *<=? *(-?[0-9.]+)', 1), '')
        ) as double) as reference_high,
        reference_range as reference_text,
        note,
        {{ practitioner_key(
            "case when upper(performer.observer_authority) = 'NPI' then performer.observer_id end",
            'source_system', 'performer.observer_authority', 'performer.observer_id'
        ) }} as practitioner_key,
        {{ organization_key(
            'null', 'source_system', 'coalesce(performer.producer_id, performer.performer_id)',
            'coalesce(performer.producer_name, performer.performer_name)'
        ) }} as organization_key,
        performer.equipment_id as device,
        -- Beside who produced and who observed it: who performed it (OBX-23), further observers, the director (OBX-25).
        case
            when performer.performer_name is not null or performer.director is not null or performer.further_observers is not null
                then {{ hl7_further_performers('performer', 'source_system') }}
        end as further_performers,
        -- OBX-21 stands beside the filler's number.
        case
            when performer.instance_id is not null
                then '{"identifier":' || {{ fhir_array([
                    fhir_identifier(number_system('filler_namespace', 'accession'), 'filler_order_number', "'FILL'"),
                    fhir_identifier(number_system('performer.instance_namespace', 'observation'), 'performer.instance_id', "'FILL'"),
                ]) }} || coalesce(',' || further[2:], '}')
            else further
        end as further
    from placed
)

{{ int_select('observation', 'final', further=true, own=['further_performers']) }}
