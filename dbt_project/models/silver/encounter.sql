with versions as (
    select * from {{ ref('int_encounter_versions') }}
),

encounters as (
    {{ merged('versions', [
        'encounter_id', 'patient_id', 'visit_number', 'visit_namespace', 'account_number', 'status', 'class_code',
        'type_code', 'type_display', 'start_at', 'start_at_precision', 'end_at', 'end_at_precision', 'practitioner_key',
        'location_key', 'organization_key', 'reason_code', 'reason_code_system', 'reason_text', 'discharge_disposition',
        'admit_source',
        'received',
    ]) }}
),

-- A cancelled discharge (A13) leaves no end, a mention alone no more than that it took place.
stated as (
    select
        * exclude (status, end_at),
        coalesce(status, case when end_at is not null then 'finished' else 'unknown' end) as status,
        case when status in ('in-progress', 'planned', 'onleave') then null else end_at end as end_at
    from encounters
),

identified as (
    select
        *,
        {{ practitioner_id('practitioner_key') }} as practitioner_id,
        {{ location_id('location_key') }} as location_id,
        {{ organization_id('organization_key') }} as organization_id
    from stated
),

final as (
    select
        encounter_id,
        patient_id,
        visit_number,
        visit_namespace,
        account_number,
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
        organization_id,
        reason_code,
        reason_text,
        discharge_disposition,
        admit_source,
        {{ silver_provenance() }},
        {{ fhir_with_received(fhir_object({
            'resourceType': fhir_constant('Encounter'),
            'id': fhir_token('encounter_id'),
            'meta': fhir_meta(),
            'identifier': fhir_array([
                fhir_identifier(
                    "case when contains(visit_namespace, ':') then visit_namespace else 'urn:id:' || lower(coalesce(visit_namespace, source_system)) || ':visit' end",
                    'visit_number', "'VN'"
                ),
            ]),
            'status': fhir_token('status'),
            'class': fhir_object({
                'system': "case when class_code is null then " ~ fhir_constant('http://terminology.hl7.org/CodeSystem/v3-NullFlavor') ~ " else " ~ fhir_constant('http://terminology.hl7.org/CodeSystem/v3-ActCode') ~ " end",
                'code': "coalesce(" ~ fhir_code('class_code') ~ ", '\"UNK\"')",
            }),
            'type': fhir_array([fhir_codeable_concept("case when length(type_code) = 1 then 'http://terminology.hl7.org/CodeSystem/v2-0007' end", 'type_code', 'type_display', 'type_display')]),
            'subject': fhir_reference('Patient', 'patient_id'),
            'participant': fhir_array([fhir_object({'individual': fhir_reference('Practitioner', 'practitioner_id')})]),
            'period': fhir_period('start_at', 'end_at', 'start_at_precision', 'end_at_precision'),
            'reasonCode': fhir_array([fhir_codeable_concept('reason_code_system', 'reason_code', 'reason_text', 'reason_text')]),
            'hospitalization': fhir_object({
                'admitSource': fhir_codeable_concept("case when admit_source is not null then 'http://terminology.hl7.org/CodeSystem/v2-0023' end", 'admit_source'),
                'dischargeDisposition': fhir_codeable_concept("case when discharge_disposition is not null then 'http://terminology.hl7.org/CodeSystem/v2-0112' end", 'discharge_disposition'),
            }),
            'location': fhir_array([fhir_object({'location': fhir_reference('Location', 'location_id')})]),
            'serviceProvider': fhir_reference('Organization', 'organization_id'),
        })) }} as fhir_json
    from identified
)

select * from final
