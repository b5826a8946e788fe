with
{{ fhir_keys_ctes('stg_fhir__medication_administration', ['patient', 'practitioner', 'encounter']) }}
-- A drug that is a resource of its own says its code there.
medications as (
    select distinct on (source_system, feed, fhir_id)
        source_system,
        feed,
        fhir_id,
        codings,
        code_display
    from {{ ref('stg_fhir__medication') }}
    where fhir_id is not null
    order by source_system asc, feed asc, fhir_id asc, {{ newest_first(place=0) }}
),

final as (
    select
        {{ fhir_int_provenance() }},
        {{ fhir_int_person() }},
        {{ fhir_int_source_key() }},
        {{ fhir_local_coding('coalesce(resources.codings, medications.codings)') }}.system as local_system,
        {{ fhir_local_coding('coalesce(resources.codings, medications.codings)') }}.code as local_code,
        {{ fhir_silver_codings(
            'coalesce(resources.codings, medications.codings)', 'coalesce(resources.code_display, medications.code_display)'
        ) }} as codings,
        {{ fhir_int_visit() }},
        {{ fhir_status('MedicationAdministration', 'resources.status') }} as status,
        resources.started_at,
        resources.started_at_precision,
        resources.ended_at,
        resources.ended_at_precision,
        list_filter(
            coalesce(resources.codings, medications.codings), lambda one: one.system = 'http://hl7.org/fhir/sid/ndc'
        )[1].code as ndc,
        resources.dose_quantity,
        resources.dose_unit,
        resources.route_codings,
        resources.site_codings,
        resources.dosage_text,
        {{ fhir_int_practitioner() }},
        {{ fhir_received('MedicationAdministration') }} as received
    {{ fhir_key_joins({
        'patient': 'patient_fhir_id', 'practitioner': 'practitioner_fhir_id', 'encounter': 'encounter_fhir_id'}) }}
    left join medications
        on
            resources.source_system = medications.source_system
            and resources.feed = medications.feed
            and resources.medication_fhir_id = medications.fhir_id
)

{{ int_select('medication_administration', 'final', received=true, absent=[
    'order_number', 'status_reason_codings', 'reason_codings', 'note',
]) }}
