-- What a task is about may be an order of a medicine or of a service: the record that said it.
with
{{ fhir_keys_ctes('stg_fhir__task', ['patient', 'practitioner', 'encounter']) }}
foci as (
    select
        source_system,
        feed,
        fhir_id,
        source_record_id,
        {{ word_order(place=0) }} as word
    from {{ ref('stg_fhir__medication_request') }}
    union all
    select
        source_system,
        feed,
        fhir_id,
        source_record_id,
        {{ word_order(place=0) }} as word
    from {{ ref('stg_fhir__service_request') }}
),

newest_foci as (
    select
        source_system,
        feed,
        fhir_id,
        max_by(source_record_id, word) as source_record_id
    from foci
    group by source_system, feed, fhir_id
),

final as (
    select
        {{ fhir_int_provenance() }},
        {{ fhir_int_person() }},
        {{ fhir_int_codings() }},
        {{ fhir_int_source_key() }},
        {{ fhir_int_visit() }},
        {{ fhir_status('Task', 'resources.status') }} as status,
        {{ fhir_known('resources.intent', [
            'unknown', 'proposal', 'plan', 'order', 'original-order', 'reflex-order', 'filler-order', 'instance-order', 'option',
        ]) }} as intent,
        {{ fhir_known('resources.priority', ['routine', 'urgent', 'asap', 'stat']) }} as priority,
        resources.authored_at,
        resources.authored_at_precision,
        newest_foci.source_record_id as focus_record_id,
        {{ fhir_int_practitioner() }},
        resources.source_record_id as received
    {{ fhir_key_joins({
        'patient': 'patient_fhir_id', 'practitioner': 'practitioner_fhir_id', 'encounter': 'encounter_fhir_id'}) }}
    left join newest_foci
        on
            resources.source_system = newest_foci.source_system
            and resources.feed = newest_foci.feed
            and resources.focus_fhir_id = newest_foci.fhir_id
)

{{ int_select('task', 'final', received=true) }}
