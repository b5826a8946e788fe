-- noqa: disable=LT01, LT02
with versions as not materialized (
    select * from {{ ref('int_encounter_versions') }}
),

encounters as (
    {{ merged('versions', [
        'encounter_id', 'patient_id', 'visit_number', 'visit_namespace', 'account_number', 'status', 'class_code',
        'type_code', 'type_display', 'start_at', 'start_at_precision', 'end_at', 'end_at_precision', 'practitioner_key',
        'location_key', 'place', 'organization_key', 'reason_code', 'reason_code_system', 'reason_text', 'discharge_disposition',
        'admit_source', 'implied_status', 'participants', 'prior_location_key', 'service_type_codings', 'priority_code',
        'readmission_code', 'preadmit_number', 'preadmit_namespace', 'diet_code', 'alternate_numbers',
        'further_locations', 'further', 'received',
    ], nulls=true, tie_order=true) }}
),

-- A cancelled discharge (A13) leaves no end, a mention alone no more than that it took place.
stated as (
    select
        * exclude (status, end_at),
        coalesce(status, case when end_at is not null then 'finished' else coalesce(implied_status, 'unknown') end) as status,
        case when status in ('in-progress', 'planned', 'onleave') then null else end_at end as end_at
    from encounters
),

identified as (
    select
        stated.*,
        {{ practitioner_id('practitioner_key') }} as practitioner_id,
        {{ location_id('location_key') }} as location_id,
        {{ location_id('prior_location_key') }} as prior_location_id,
        case when len(further_locations) > 0 then {{ location_ids('further_locations', 'status') }} end as further_location_ids,
        {{ location_id('place.room_key') }} as room_location_id,
        {{ location_id('place.bed_key') }} as bed_location_id,
        accounts.account_id,
        {{ practitioner_ids('participants', 'type') }} as participant_ids,
        {{ organization_id('organization_key') }} as organization_id,
        coalesce(diagnosed.diagnoses, []) as diagnoses
    from stated
    left join {{ ref('account') }} as accounts
        on stated.patient_id = accounts.patient_id and stated.account_number = accounts.account_number
    left join {{ ref('int_encounter_diagnoses') }} as diagnosed on stated.encounter_id = diagnosed.encounter_id
),

built as (
    select
        *,
        {{ fhir_object({
            'resourceType': fhir_constant('Encounter'),
            'id': fhir_token('encounter_id'),
            'meta': fhir_meta(),
            'identifier': fhir_array([
                fhir_identifier(
                    "case when contains(visit_namespace, ':') then visit_namespace else 'urn:id:' || regexp_replace(lower(coalesce(visit_namespace, source_system)), '[^a-z0-9._-]+', '-', 'g') || ':visit' end",
                    'visit_number', "'VN'"
                ),
                fhir_elements("list_transform(alternate_numbers, lambda number: " ~ fhir_identifier(
                    number_system('number.authority', 'visit', 'source_system'), 'number."value"', "coalesce(number.\"type\", 'VN')"
                ) ~ ")"),
            ]),
            'status': fhir_token('status'),
            'class': fhir_object({
                'system': "case when class_code is null then " ~ fhir_constant('http://terminology.hl7.org/CodeSystem/v3-NullFlavor') ~ " when class_code not in ('AMB', 'EMER', 'FLD', 'HH', 'IMP', 'ACUTE', 'NONAC', 'OBSENC', 'PRENC', 'SS', 'VR') then " ~ fhir_token("'urn:id:' || source_system || ':class'") ~ " else " ~ fhir_constant('http://terminology.hl7.org/CodeSystem/v3-ActCode') ~ " end",
                'code': "coalesce(" ~ fhir_code('class_code') ~ ", '\"UNK\"')",
            }),
            'type': fhir_array([fhir_codeable_concept("case when length(type_code) = 1 then 'http://terminology.hl7.org/CodeSystem/v2-0007' end", 'type_code', 'type_display', 'type_display')]),
            'subject': fhir_reference('Patient', 'patient_id'),
            'serviceType': fhir_concept_of('service_type_codings', 'service_type_codings[1].display'),
            'priority': "case when priority_code is not null then " ~ fhir_codeable_concept("'http://terminology.hl7.org/CodeSystem/v2-0217'", 'priority_code') ~ " end",
            'participant': "coalesce(" ~ fhir_list("list_transform(participant_ids, lambda participant: " ~ fhir_object({
                'type': fhir_array([fhir_codeable_concept(
                    "'http://terminology.hl7.org/CodeSystem/v3-ParticipationType'", 'participant."type"', encounter_role_display('participant."type"')
                )]),
                'individual': fhir_reference('Practitioner', 'participant.practitioner_id'),
            }) ~ ")") ~ ", " ~ fhir_array([fhir_object({'individual': fhir_reference('Practitioner', 'practitioner_id')})]) ~ ")",
            'period': fhir_period('start_at', 'end_at', 'start_at_precision', 'end_at_precision'),
            'reasonCode': fhir_array([fhir_codeable_concept('reason_code_system', 'reason_code', 'reason_text', 'reason_text')]),
            'diagnosis': fhir_list("list_transform(diagnoses, lambda diagnosis: " ~ fhir_object({
                'condition': fhir_reference('Condition', 'diagnosis.condition_id'),
                'use': "case when diagnosis.diagnosis_use = 'A' then " ~ fhir_codeable_concept(
                    "'http://terminology.hl7.org/CodeSystem/diagnosis-role'", "'AD'", "'Admission diagnosis'"
                ) ~ " when diagnosis.diagnosis_use is not null then " ~ fhir_codeable_concept(
                    "'http://terminology.hl7.org/CodeSystem/v2-0052'", 'diagnosis.diagnosis_use'
                ) ~ " end",
                'rank': fhir_integer('diagnosis.diagnosis_rank'),
            }) ~ ")"),
            'account': fhir_array([fhir_reference('Account', 'account_id')]),
            'hospitalization': fhir_object({
                'preAdmissionIdentifier': fhir_identifier(number_system('preadmit_namespace', 'preadmission'), 'preadmit_number'),
                'admitSource': fhir_codeable_concept("case when admit_source is not null then 'http://terminology.hl7.org/CodeSystem/v2-0023' end", 'admit_source'),
                'reAdmission': "case when readmission_code is not null then " ~ fhir_codeable_concept("'http://terminology.hl7.org/CodeSystem/v2-0092'", 'readmission_code') ~ " end",
                'dietPreference': "case when diet_code is not null then " ~ fhir_array([fhir_codeable_concept("'http://terminology.hl7.org/CodeSystem/v2-0114'", 'diet_code')]) ~ " end",
                'dischargeDisposition': fhir_codeable_concept("case when discharge_disposition is not null then 'http://terminology.hl7.org/CodeSystem/v2-0112' end", 'discharge_disposition'),
            }),
            'location': fhir_array([
                fhir_object({
                    'location': fhir_reference('Location', 'coalesce(bed_location_id, room_location_id, location_id)'),
                    'status': "case when received is null and location_id is not null then case status when 'planned' then '\"planned\"' when 'finished' then '\"completed\"' else '\"active\"' end end",
                    'physicalType': "case when bed_location_id is not null then " ~ fhir_codeable_concept("'http://terminology.hl7.org/CodeSystem/location-physical-type'", "'bd'", "'Bed'")
                        ~ " when room_location_id is not null then " ~ fhir_codeable_concept("'http://terminology.hl7.org/CodeSystem/location-physical-type'", "'ro'", "'Room'") ~ " end",
                }),
                "case when prior_location_id != location_id then " ~ fhir_object({
                    'location': fhir_reference('Location', 'prior_location_id'), 'status': fhir_constant('completed'),
                }) ~ " end",
                fhir_elements("list_transform(further_location_ids, lambda other: " ~ fhir_object({
                    'location': fhir_reference('Location', 'other.location_id'), 'status': fhir_token('other."status"'),
                }) ~ ")"),
            ]),
            'serviceProvider': fhir_reference('Organization', 'organization_id'),
        }) }} as built_json
    from identified
    {{ join_fhir_received('identified', 'Encounter') }}
),

final as (
    select
        encounter_id,
        patient_id,
        visit_number,
        visit_namespace,
        account_number,
        account_id,
        status,
        class_code,
        type_code,
        type_display,
        start_at,
        start_at_precision,
        end_at,
        end_at_precision,
        practitioner_id,
        location_id,
        room_location_id,
        bed_location_id,
        organization_id,
        reason_code,
        reason_text,
        discharge_disposition,
        admit_source,
        coalesce(participant_ids, []) as participants,
        diagnoses,
        prior_location_id,
        service_type_codings,
        priority_code,
        readmission_code,
        preadmit_number,
        diet_code,
        {{ silver_provenance() }},
        {{ fhir_with_received(fhir_with_further('built_json'), 'encounter_id') }} as fhir_json
    from built
)

select * from final
