{#- Of an appointment without a time that is not proposed or cancelled, which must have one (app-3). -#}
{%- set unknown = '{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}]}' %}
-- One row per appointment of a scheduling system; the newest word on it, from messages or the day's file.
with sources as (
    {{ int_with_patient('appointment', ['hl7v2', 'csv', 'fhir']) }}
),

versions as not materialized (
    select
        *,
        concat_ws(chr(31), source_system, coalesce(appointment_number, source_key)) as match_key,
        0 as lead_order,
        case status
            when 'booked' then 1
            when 'arrived' then 2
            when 'fulfilled' then 3
            when 'noshow' then 3
            when 'cancelled' then 4
            when 'entered-in-error' then 5
            else 0
        end as tie_order
    from sources
    where coalesce(appointment_number, source_key) is not null
),

appointments as (
    {{ merged('versions', [
        'patient_id', 'appointment_number', 'filler_namespace', 'placer_appointment_number', 'placer_namespace', 'status', 'start_at', 'end_at', 'minutes', 'type_code', 'type_display', 'department',
        'practitioner_key', 'location_key', 'booked_at', 'cancelled_at', 'cancel_reason', 'reason_text',
        'participants', 'places', 'equipment', 'further', 'received',
    ], nulls=true, tie_order=true) }}
),

identified as (
    select
        * exclude (status, cancelled_at, cancel_reason, participants, places, equipment),
        coalesce(status, 'booked') as status,
        {{ uuid_v5('Appointment', "'key'", 'match_key') }} as appointment_id,
        {{ practitioner_id('practitioner_key') }} as practitioner_id,
        case when participants is not null then {{ actor_references('participants') }} end as people,
        case when places is not null then {{ actor_references('places') }} end as places,
        case when equipment is not null then {{ actor_references('equipment') }} end as equipment,
        {{ location_id('location_key') }} as location_id,
        -- An appointment that was cancelled and booked again is not cancelled.
        case when status = 'cancelled' then cancelled_at end as cancelled_at,
        case when status in ('cancelled', 'noshow') then cancel_reason end as cancel_reason
    from appointments
),

built as (
    select
        *,
        {{ fhir_object({
            'resourceType': fhir_constant('Appointment'),
            'id': fhir_token('appointment_id'),
            'meta': fhir_meta(),
            'identifier': fhir_array([
                "case when appointment_number is distinct from placer_appointment_number then " ~ fhir_identifier(
                    "coalesce(case when filler_namespace is not null then " ~ number_system('filler_namespace', 'appointment')
                    ~ " end, 'urn:id:' || source_system || ':appointment')", 'appointment_number', "'FILL'"
                ) ~ " end",
                fhir_identifier(number_system('placer_namespace', 'appointment'), 'placer_appointment_number', "'PLAC'"),
            ]),
            'status': fhir_token('status'),
            'cancelationReason': fhir_object({'text': fhir_string('cancel_reason')}),
            'appointmentType': "case when type_code is not null then " ~ fhir_codeable_concept("'http://terminology.hl7.org/CodeSystem/v2-0276'", 'type_code') ~ " end",
            'serviceType': fhir_array([fhir_object({'text': fhir_string('type_display')})]),
            'reasonCode': fhir_array([fhir_object({'text': fhir_string('reason_text')})]),
            'start': fhir_at('start_at'),
            '_start': "case when start_at is null and status not in ('proposed', 'cancelled', 'waitlist') then '" ~ unknown ~ "' end",
            'end': "case when start_at is not null then " ~ fhir_at('coalesce(end_at, start_at + to_minutes(minutes), start_at)') ~ " end",
            '_end': "case when start_at is null and status not in ('proposed', 'cancelled', 'waitlist') then '" ~ unknown ~ "' end",
            'minutesDuration': "case when minutes > 0 then " ~ fhir_integer('minutes') ~ " end",
            'created': fhir_at('booked_at'),
            'participant': fhir_array([
                fhir_object({
                    'actor': fhir_subject(),
                    'status': fhir_constant('accepted'),
                }),
                "case when practitioner_id is not null and coalesce(list_contains(list_transform(people, lambda one: one.reference), 'Practitioner/' || practitioner_id), false) is false then " ~ fhir_object({
                    'actor': fhir_reference('Practitioner', 'practitioner_id'),
                    'status': fhir_constant('accepted'),
                }) ~ " end",
                fhir_participants('people'),
                "case when location_id is not null and coalesce(len(places), 0) = 0 then " ~ fhir_object({
                    'actor': fhir_reference('Location', 'location_id'),
                    'status': fhir_constant('accepted'),
                }) ~ " end",
                fhir_participants('places'),
                fhir_participants('equipment'),
            ]),
        }) }} as built_json
    from identified
    {{ join_fhir_received('identified', 'Appointment') }}
),

final as (
    select
        appointment_id,
        patient_id,
        appointment_number,
        placer_appointment_number,
        status,
        start_at,
        end_at,
        minutes,
        type_code,
        type_display,
        department,
        practitioner_id,
        location_id,
        booked_at,
        cancelled_at,
        cancel_reason,
        reason_text,
        {{ silver_provenance() }},
        {{ fhir_with_received(fhir_with_further('built_json'), 'appointment_id') }} as fhir_json
    from built
)

select * from final
