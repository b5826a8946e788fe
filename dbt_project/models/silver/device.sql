with sources as (
    {{ int_with_patient('device', ['observed', 'fhir']) }}
),

versions as not materialized (
    select
        *,
        {{ device_key('source_system', 'source_key') }} as match_key,
        0 as lead_order
    from sources
),

devices as (
    {{ merged('versions', [
        'patient_id', 'codings', 'status', 'name', 'manufacturer', 'model_number', 'serial_number', 'received',
    ], together=['codings', 'received']) }}
),

identified as (
    select
        *,
        {{ device_id('match_key') }} as device_id
    from devices
),

built as (
    select
        *,
        {{ fhir_object({
            'resourceType': fhir_constant('Device'),
            'id': fhir_token('device_id'),
            'meta': fhir_meta(),
            'status': fhir_token('status'),
            'manufacturer': fhir_string('manufacturer'),
            'serialNumber': fhir_string('serial_number'),
            'deviceName': fhir_array([fhir_object({
                'name': fhir_string('name'),
                'type': "case when name is not null then '\"user-friendly-name\"' end",
            })]),
            'modelNumber': fhir_string('model_number'),
            'type': fhir_concept_of('codings', 'codings[1].display'),
            'patient': fhir_reference('Patient', 'patient_id'),
        }) }} as built_json
    from identified
    {{ join_fhir_received('identified', 'Device') }}
),

final as (
    select
        device_id,
        patient_id,
        codings[1]."system" as code_system,
        codings[1].code as code,
        codings[1].display as code_display,
        codings,
        status,
        name,
        manufacturer,
        model_number,
        serial_number,
        {{ silver_provenance() }},
        {{ fhir_with_received('built_json', 'device_id') }} as fhir_json
    from built
)

select * from final
