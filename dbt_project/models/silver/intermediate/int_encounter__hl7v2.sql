-- noqa: disable=LT01, LT02
{{ config(materialized='view') }}
-- PV1 to Encounter by HL7's Version 2 to FHIR (ADT_A01, segment PV1). The trigger event says what became
-- of the visit (chapter 3 of the standard); an update that says nothing of it (A08) leaves the status open,
-- so that an earlier word stands. A PV1 outside ADT only mentions a visit.
with segments as (
    select
        *,
        split_part(message_type, '^', 2) as trigger_event,
        {{ hl7_concept_parts('ambulatory_statuses', 'source_system', table='HL70009') }} as arrangements,
        {{ hl7_concept_parts('[vip_indicator]', 'source_system', table='HL70099') }} as courtesies
    from {{ ref('stg_hl7v2__pv1') }}
),

events as (
    select
        file_sha256,
        record_index,
        arg_min(occurred_at, segment_index) as occurred_at,
        arg_min(recorded_at, segment_index) as event_recorded_at
    from {{ ref('stg_hl7v2__evn') }}
    group by file_sha256, record_index
),

details as (
    select
        file_sha256,
        record_index,
        pid_index,
        arg_min(admit_reason_code, segment_index) as reason_code,
        arg_min(priority, segment_index) as priority_code,
        arg_min(admit_reason_system, segment_index) as reason_system,
        arg_min(admit_reason_display, segment_index) as reason_display,
        arg_min(referral_sources, segment_index) as referral_sources,
        arg_min(nullif(concat_ws(
            ',',
            '"length":{"value":' || case when length_of_stay > 0 then length_of_stay end
            || ',"unit":"days","system":"http://unitsofmeasure.org","code":"d"}',
            '"extension":[' || nullif(concat_ws(
                ',',
                '{"url":"http://hl7.org/fhir/5.0/StructureDefinition/extension-Encounter.plannedStartDate","valueDateTime":'
                || {{ fhir_at('expected_admit_at', 'expected_admit_at_precision') }} || '}',
                '{"url":"http://hl7.org/fhir/5.0/StructureDefinition/extension-Encounter.plannedEndDate","valueDateTime":'
                || {{ fhir_at('expected_discharge_at', 'expected_discharge_at_precision') }} || '}',
                '{"url":"http://hl7.org/fhir/StructureDefinition/encounter-modeOfArrival","valueCoding":{'
                || '"system":"http://terminology.hl7.org/CodeSystem/v2-0430","code":' || {{ fhir_code('arrival.code') }} || '}}'
            ), '') || ']'
        ), ''), segment_index) as planned
    from {{ ref('stg_hl7v2__pv2') }}
    group by file_sha256, record_index, pid_index
),

final as (
    select
        segments.source_system,
        segments.feed,
        segments.source_record_id,
        segments.received_at,
        coalesce(segments.message_at, segments.received_at) as recorded_at,
        {{ record_order('segments', 'segment_index') }} as record_order,
        persons.owner_authority as id_authority,
        persons.owner_value as id_value,
        segments.visit_number,
        segments.visit_namespace,
        -- A visit without a number is known by its account and when it began.
        concat_ws(
            '|', persons.account_number,
            coalesce(
                segments.admitted_at,
                case
                    when segments.trigger_event in ('A01', 'A04')
                        then coalesce(events.occurred_at, events.event_recorded_at)
                end
            )
        ) as source_key,
        not starts_with(segments.message_type, 'ADT') as is_mention,
        persons.account_number,
        case
            when not starts_with(segments.message_type, 'ADT') then null
            when segments.trigger_event in ('A11', 'A27', 'A38') then 'cancelled'
            when segments.trigger_event in ('A23') then 'entered-in-error'
            when segments.trigger_event in ('A05', 'A14') then 'planned'
            when segments.trigger_event in ('A12', 'A13', 'A22', 'A52') then 'in-progress'
            when segments.trigger_event in ('A21', 'A53') then 'onleave'
            when segments.trigger_event = 'A03' or segments.discharged_at is not null then 'finished'
            when segments.trigger_event in ('A01', 'A02', 'A04', 'A06', 'A07') then 'in-progress'
        end as status,
        case segments.patient_class
            when 'I' then 'IMP'
            when 'O' then 'AMB'
            when 'E' then 'EMER'
            when 'P' then 'PRENC'
            when 'R' then 'AMB'
            when 'B' then 'IMP'
            -- Some senders write the word, or the v3 code itself.
            else
                case
                    when upper(segments.patient_class) = 'INPATIENT' then 'IMP'
                    when upper(segments.patient_class) = 'OUTPATIENT' then 'AMB'
                    when upper(segments.patient_class) = 'EMERGENCY' then 'EMER'
                    -- As the source wrote it, where nobody has said what it means; `N` and `U` say that it does not.
                    when upper(segments.patient_class) not in ('N', 'U') then segments.patient_class
                end
        end as class_code,
        segments.admission_type as type_code,
        case segments.admission_type
            when 'A' then 'Accident'
            when 'C' then 'Elective'
            when 'E' then 'Emergency'
            when 'L' then 'Labor and delivery'
            when 'N' then 'Newborn'
            when 'R' then 'Routine'
            when 'U' then 'Urgent'
        end as type_display,
        coalesce(
            segments.admitted_at,
            case
                when segments.trigger_event in ('A01', 'A04')
                    then coalesce(events.occurred_at, events.event_recorded_at)
            end
        ) as start_at,
        segments.admitted_at_precision as start_at_precision,
        coalesce(
            segments.discharged_at,
            case when segments.trigger_event = 'A03' then events.occurred_at end
        ) as end_at,
        segments.discharged_at_precision as end_at_precision,
        segments.admit_date as start_date,
        {{ hl7_practitioner_key('coalesce(segments.attending, segments.admitting, segments.referring)[1]', 'segments.source_system') }} as practitioner_key,
        {{ location_key('segments.source_system', 'segments.assigned_location.facility', 'segments.assigned_location.point_of_care') }} as location_key,
        -- PV1-3 is said as a whole: a ward without a bed takes the bed of the last ward away.
        {%- set ward = location_key('segments.source_system', 'segments.assigned_location.facility', 'segments.assigned_location.point_of_care') %}
        case
            when coalesce(segments.assigned_location.facility, segments.assigned_location.point_of_care) is not null
                then {
                    'room_key': {{ room_key(ward, 'segments.assigned_location.room') }},
                    'bed_key': {{ bed_key(ward, 'segments.assigned_location.room', 'segments.assigned_location.bed') }}
                }
        end as place,
        {{ organization_key('null', 'segments.source_system', 'segments.assigned_location.facility', 'null::varchar') }} as organization_key,
        details.reason_code,
        {{ coding_system('segments.source_system', 'details.reason_system') }} as reason_code_system,
        details.reason_display as reason_text,
        segments.discharge_disposition,
        segments.admit_source,
        -- Where no event says what became of the visit, its class does (HL7's map of PV1-2).
        case
            when segments.patient_class = 'P' then 'planned'
            when segments.patient_class in ('I', 'O', 'E', 'R', 'B') then 'in-progress'
        end as implied_status,
        nullif(list_filter(list_concat(
            {%- for column, role in [
                ('segments.attending', 'ATND'), ('segments.referring', 'REF'), ('segments.consulting', 'CON'), ('segments.admitting', 'ADM'),
                ('segments.other_providers', 'PART'), ('details.referral_sources', 'REF')
            ] %}
            list_transform(
                coalesce({{ column }}, []),
                lambda person: {
                    'type': '{{ role }}',
                    'practitioner_key': {{ hl7_practitioner_key('person', 'segments.source_system') }}
                }
            ){{ ',' if not loop.last }}
            {%- endfor %}
        ), lambda participant: participant.practitioner_key is not null), []) as participants,
        {{ location_key('segments.source_system', 'segments.prior_location.facility', 'segments.prior_location.point_of_care') }}
            as prior_location_key,
        -- Where they are for a while, will be and were for a while (PV1-11, -42, -43): all of it as the last ADT says.
        case
            when not starts_with(segments.message_type, 'ADT') then null
            when coalesce(segments.temporary_location, segments.pending_location, segments.prior_temporary_location) is null then []
            else list_filter([
                {%- for column, status in [('temporary', 'active'), ('pending', 'reserved'), ('prior_temporary', 'completed')] %}
                {
                    'status': '{{ status }}',
                    'location_key': {{ hl7_smallest_location_key('segments.' ~ column ~ '_location', 'segments.source_system') }}
                }{{ ',' if not loop.last }}
                {%- endfor %}
            ], lambda place: place.location_key is not null)
        end as further_locations,
        list_transform(
            {{ hl7_value_codings('segments.service_type', 'segments.source_system') }},
            lambda coding: {
                'system': coalesce(coding."system", 'http://terminology.hl7.org/CodeSystem/v2-0069'),
                'code': coding.code,
                'display': coding.display
            }
        ) as service_type_codings,
        details.priority_code,
        segments.readmission as readmission_code,
        segments.preadmit_number,
        segments.preadmit_namespace,
        segments.diet_type as diet_code,
        list_transform(
            list_filter(segments.alternate_visit_ids, lambda number: number.value is not null),
            lambda number: {'value': number.value, 'authority': number.authority, 'type': number.type}
        ) as alternate_numbers,
        '{' || nullif(concat_ws(',', details.planned, '"hospitalization":' || {{ fhir_object({
            'specialArrangement': fhir_concepts_of('segments.arrangements'),
            'specialCourtesy': fhir_concepts_of('segments.courtesies'),
            'destination': fhir_object({'display': fhir_string('segments.discharged_to')}),
        }) }}), '') || '}' as further,
        -- A cancelled discharge (A13) takes back what the discharge said (3.3.13).
        list_concat(
            coalesce({{ hl7_null_columns('segments.null_fields', {
                '2': ['class_code'], '3': ['location_key', 'place', 'organization_key'], '3.1': ['location_key', 'place'],
                '3.4': ['organization_key'], '4': ['type_code', 'type_display'], '7': ['practitioner_key', 'participants'],
                '14': ['admit_source'], '36': ['discharge_disposition'], '44': ['start_at', 'start_at_precision'],
                '45': ['end_at', 'end_at_precision'],
            }) }}, []),
            case
                when segments.trigger_event = 'A13' then ['end_at', 'end_at_precision', 'discharge_disposition']
                else []
            end
        ) as null_columns
    from segments
    left join {{ ref('int_hl7v2__persons') }} as persons
        on
            segments.file_sha256 = persons.file_sha256
            and segments.record_index = persons.record_index
            and segments.pid_index = persons.pid_index
    left join events
        on segments.file_sha256 = events.file_sha256 and segments.record_index = events.record_index
    left join details
        on
            segments.file_sha256 = details.file_sha256
            and segments.record_index = details.record_index
            and segments.pid_index = details.pid_index
)

{{ int_select('encounter', 'final', nulls=true, further=true, own=['place', 'further_locations']) }}
