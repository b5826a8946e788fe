-- noqa: disable=LT02
{{ config(materialized='view') }}
-- SCH, AIS, AIG, AIL, AIP to Appointment by HL7's Version 2 to FHIR (SIU_S12). The filler status (SCH-25, table
-- 0278) says where it stands, but cancelling, deleting and not coming are events (chapter 10.4). Slots that are
-- blocked or opened (S23, S24) are no appointments.
with segments as (
    select * from {{ ref('stg_hl7v2__sch') }}
    where split_part(message_type, '^', 2) not in ('S23', 'S24') or message_type is null
),

asked_for as not materialized (
    select * from {{ ref('stg_hl7v2__appointment_resources') }}
),

{#- What there is of each kind: mostly one. -#}
{%- set actor = "{'role': role, 'resource_status': resource_status, 'action_code': action_code, 'start_at': start_at, 'duration': duration, 'duration_unit': duration_unit" %}
{%- set message = ['file_sha256', 'record_index'] %}

{{ lists_of_few(
    'people', 'asked_for', message, actor ~ ", 'person': person}", 'segment_index',
    "segment_id = 'AIP' and coalesce(person.value, person.family, person.given) is not null"
) }},

{{ lists_of_few(
    'places', 'asked_for', message, actor ~ ", 'place': location}", 'segment_index', "segment_id = 'AIL' and location is not null"
) }},

{{ lists_of_few(
    'equipment', 'asked_for', message, actor ~ ", 'thing': resource}", 'segment_index',
    "segment_id = 'AIG' and coalesce(resource.code, resource.display, resource.original_text) is not null"
) }},

{{ lists_of_few('services', 'asked_for', message, 'resource', 'segment_index', "segment_id = 'AIS' and resource is not null") }},

resources as (
    select
        file_sha256,
        record_index,
        any_value(coalesce(resource_display, resource_code) order by segment_index) filter (where segment_id = 'AIS') as service,
        min(start_at) filter (where segment_id = 'AIS') as service_start_at,
        any_value(duration order by segment_index) filter (where segment_id = 'AIS') as service_duration,
        any_value(location.point_of_care order by segment_index) filter (where segment_id = 'AIL') as department,
        any_value(location.facility order by segment_index) filter (where segment_id = 'AIL') as facility
    from asked_for
    group by file_sha256, record_index
),

timings as (
    select
        file_sha256,
        record_index,
        any_value(start_at order by segment_index) as start_at,
        any_value(end_at order by segment_index) as end_at,
        max(segment_index) as last_index
    from {{ ref('stg_hl7v2__tq1') }}
    group by file_sha256, record_index
),

notes as (
    {{ hl7_notes() }}
),

patients as (
    select
        file_sha256,
        record_index,
        min(pid_index) as pid_index
    from {{ ref('int_hl7v2__persons') }}
    group by file_sha256, record_index
),

placed as (
    select
        segments.*,
        patients.pid_index,
        resources.service,
        resources.department,
        {{ location_key('segments.source_system', 'resources.facility', 'resources.department') }} as location_key,
        list_filter(people.people, lambda one: one.person.value is not null)[1].person as person,
        people.people,
        places.places,
        equipment.equipment,
        {{ hl7_concept_parts('services.services', 'segments.source_system') }} as services,
        {{ hl7_codings('segments.appointment_type', 'segments.source_system') }} as type_codings,
        {{ hl7_codings('segments.appointment_reason', 'segments.source_system') }} as reason_codings,
        notes.note,
        split_part(segments.message_type, '^', 2) as trigger_event,
        coalesce(segments.timing_start_at, timings.start_at, resources.service_start_at) as start_at,
        coalesce(segments.timing_end_at, timings.end_at) as said_end_at,
        coalesce({{ hl7_minutes('segments.duration', 'segments.duration_unit') }}, {{ hl7_minutes('resources.service_duration', 'null::varchar') }}) as duration_minutes
    from segments
    left join patients
        on segments.file_sha256 = patients.file_sha256 and segments.record_index = patients.record_index
    left join resources
        on segments.file_sha256 = resources.file_sha256 and segments.record_index = resources.record_index
    {%- for list in ['people', 'places', 'equipment', 'services'] %}
    left join {{ list }}
        on segments.file_sha256 = {{ list }}.file_sha256 and segments.record_index = {{ list }}.record_index
    {%- endfor %}
    left join timings
        on segments.file_sha256 = timings.file_sha256 and segments.record_index = timings.record_index
    left join notes
        on
            segments.file_sha256 = notes.file_sha256
            and segments.record_index = notes.record_index
            and coalesce(timings.last_index, segments.segment_index) = notes.parent_index
),

final as (
    select
        segments.source_system,
        segments.feed,
        segments.source_record_id,
        segments.received_at,
        coalesce(segments.message_at, segments.received_at) as recorded_at,
        segments.record_index * 1000000 + segments.segment_index as record_order,
        persons.id_authority,
        persons.id_value,
        coalesce(segments.filler_appointment_id, segments.placer_appointment_id) as source_key,
        coalesce(segments.filler_appointment_id, segments.placer_appointment_id) as appointment_number,
        case when segments.filler_appointment_id is not null then segments.filler_namespace end as filler_namespace,
        segments.placer_appointment_id as placer_appointment_number,
        segments.placer_namespace,
        case
            when segments.trigger_event = 'S17' then 'entered-in-error'
            when segments.trigger_event in ('S15', 'S16') then 'cancelled'
            when segments.trigger_event = 'S26' then 'noshow'
            else
                case upper(segments.filler_status)
                    when 'BOOKED' then 'booked'
                    when 'CANCELLED' then 'cancelled'
                    when 'CANCELED' then 'cancelled'
                    when 'DC' then 'cancelled'
                    when 'DELETED' then 'entered-in-error'
                    when 'COMPLETE' then 'fulfilled'
                    when 'COMPLETED' then 'fulfilled'
                    when 'NOSHOW' then 'noshow'
                    when 'NO SHOW' then 'noshow'
                    when 'PENDING' then 'pending'
                    when 'WAITLIST' then 'waitlist'
                    when 'STARTED' then 'arrived'
                    when 'ARRIVED' then 'arrived'
                    -- A change of details (S14) or of a resource (S18 to S22) leaves the status as it was.
                    else case when segments.trigger_event in ('S12', 'S13') then 'booked' end
                end
        end as status,
        segments.start_at,
        coalesce(segments.said_end_at, segments.start_at + to_minutes(cast(segments.duration_minutes as bigint))) as end_at,
        coalesce(segments.duration_minutes, date_diff('minute', segments.start_at, segments.said_end_at)) as minutes,
        segments.appointment_type_code as type_code,
        coalesce(segments.service, segments.appointment_type_display, segments.appointment_reason_display) as type_display,
        segments.department,
        {{ hl7_practitioner_key('coalesce(segments.person, segments.filler_contacts[1])', 'segments.source_system') }} as practitioner_key,
        segments.location_key,
        case when segments.trigger_event = 'S12' then segments.message_at end as booked_at,
        case when segments.trigger_event in ('S15', 'S16') then segments.message_at end as cancelled_at,
        case
            when segments.trigger_event in ('S15', 'S16') then coalesce(segments.event_reason_display, segments.event_reason_code)
        end as cancel_reason,
        coalesce(segments.appointment_reason_display, segments.appointment_reason_code) as reason_text,
        list_transform(segments.people, lambda one: {{ hl7_actor('one', {
            'practitioner_key': hl7_practitioner_key('one.person', 'segments.source_system'),
            'display': "case when one.person.value is null then concat_ws(' ', one.person.prefix, one.person.given, one.person.middle, one.person.family, one.person.suffix) end",
        }) }}) as participants,
        -- One place, of which nothing is said but where it is, is `location_key`: an empty list, so that no older word stands.
        case
            when len(segments.places) = 1 and coalesce(
                segments.places[1].place.room, segments.places[1].place.bed, segments.places[1].resource_status,
                nullif(segments.places[1].action_code, 'A'), segments.places[1].role.code, segments.places[1].role.display
            ) is null and segments.places[1].start_at is null and segments.location_key is not null then []
            else list_transform(segments.places, lambda one: {{ hl7_actor('one', {
                'location_key': hl7_smallest_location_key('one.place', 'segments.source_system'),
                'display': "case when coalesce(one.place.facility, one.place.point_of_care) is null then coalesce(one.place.description, one.place.room, one.place.bed) end",
            }) }})
        end as places,
        -- Nothing else tells of a device or a room that is booked: it is named by its number and its words.
        list_transform(segments.equipment, lambda one: {{ hl7_actor('one', {
            'identifier_system': 'case when one.thing.code is not null then ' ~ coding_system('segments.source_system', 'one.thing."system"') ~ ' end',
            'identifier': 'one.thing.code',
            'display': 'coalesce(one.thing.display, one.thing.original_text)',
        }) }}) as equipment,
        {{ fhir_object({
            'serviceType': fhir_concepts_of('segments.services'),
            'appointmentType': "case when coalesce(segments.appointment_type_system, segments.appointment_type_display) is not null then "
                ~ fhir_concept_of('segments.type_codings', 'segments.appointment_type_display') ~ " end",
            'reasonCode': fhir_array([fhir_concept_of(
                'segments.reason_codings',
                'coalesce(segments.appointment_reason_display, segments.appointment_reason_code)'
            )]),
            'comment': fhir_string('segments.note'),
        }) }} as further,
        {{ hl7_null_columns('segments.null_fields', {
            '6': ['cancel_reason'],
            '7': ['reason_text', 'further'],
            '8': ['type_code', 'type_display', 'further'],
            '9': ['minutes', 'end_at'],
            '11': ['start_at', 'end_at'],
            '11.5': ['end_at'],
            '16': ['practitioner_key'],
        }) }} as null_columns
    from placed as segments
    left join {{ ref('int_hl7v2__persons') }} as persons
        on
            segments.file_sha256 = persons.file_sha256
            and segments.record_index = persons.record_index
            and segments.pid_index = persons.pid_index
)

{{ int_select('appointment', 'final', nulls=true, further=true, own=['placer_appointment_number', 'places', 'equipment']) }}
