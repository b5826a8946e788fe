-- FHIR resources of types that have no table of their own (and those that share the row of another): as they came,
-- with silver's ids.
with targets as (
    select * from {{ ref('int_fhir_targets') }}
    where is_other
),

received as (
    select * from {{ ref('int_fhir_received') }}
),

records as (
    select
        source_record_id,
        bundle_patient_fhir_id,
        source_system,
        feed,
        message_at as recorded_at
    from {{ ref('stg_fhir__resources') }}
),

-- Every word on the same resource.
histories as (
    select
        source_system,
        feed,
        resource_type,
        coalesce(fhir_id, source_record_id) as fhir_id,
        list_sort(list(source_record_id)) as source_record_ids
    from {{ ref('stg_fhir__resources') }}
    group by all
),

identified as (
    select
        targets.resource_id as fhir_other_id,
        targets.resource_type,
        targets.source_system,
        targets.source_record_id,
        records.recorded_at::timestamp as recorded_at,
        [targets.source_system] as source_systems,
        histories.source_record_ids,
        received.received_resource,
        received.received_versions,
        received.received_record_id,
        regexp_extract(
            coalesce(
                json_extract_string(received.received_resource, '$.subject.reference'),
                json_extract_string(received.received_resource, '$.patient.reference'),
                json_extract_string(received.received_resource, '$.beneficiary.reference'),
                json_extract_string(received.received_resource, '$.individual.reference')
            ),
            '^Patient/(.+)$', 1
        ) as patient_id
    from targets
    inner join received on targets.source_record_id = received.received_record_id
    inner join records on targets.source_record_id = records.source_record_id
    inner join histories
        on
            targets.source_system = histories.source_system
            and targets.feed = histories.feed
            and targets.resource_type = histories.resource_type
            and targets.fhir_id = histories.fhir_id
),

patients as (
    select patient_id from {{ ref('patient') }}
),

final as (
    select
        identified.fhir_other_id,
        identified.resource_type,
        patients.patient_id,
        {{ silver_provenance() }},
        {{ fhir_with_received("'{}'", 'fhir_other_id') }} as fhir_json
    from identified
    left join patients on identified.patient_id = patients.patient_id
)

select * from final
