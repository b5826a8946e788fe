-- noqa: disable=LT02, RF05
{{ config(materialized='view') }}
with
{{ fhir_keys_ctes('stg_fhir__condition', ['patient', 'practitioner', 'encounter']) }}
final as (
    select
        {{ fhir_int_provenance() }},
        {{ fhir_int_person() }},
        {{ fhir_int_codings() }},
        {{ fhir_int_source_key() }},
        {{ fhir_int_visit() }},
        -- Where the Encounter that it names never arrived, the day on which it was written down.
        case
            when resources.category is distinct from 'problem-list-item'
                then coalesce(
                    encounters.start_date,
                    case when resources.encounter_fhir_id is not null then resources.recorded_date end
                )
        end as encounter_date,
        coalesce(
            {{ fhir_known('resources.category', ['encounter-diagnosis', 'problem-list-item', 'health-concern']) }},
            case when resources.encounter_fhir_id is null then 'problem-list-item' else 'encounter-diagnosis' end
        ) as category,
        {{ fhir_known('resources.clinical_status', ['active', 'recurrence', 'relapse', 'inactive', 'remission', 'resolved']) }} as clinical_status,
        {{ fhir_known('resources.verification_status', [
            'unconfirmed', 'provisional', 'differential', 'confirmed', 'refuted', 'entered-in-error',
        ]) }} as verification_status,
        resources.onset_date,
        resources.abatement_date,
        resources.recorded_date,
        {{ fhir_int_practitioner('recorder_npi', 'recorder_fhir_id') }},
        resources.source_record_id as received
    {{ fhir_key_joins({
        'patient': 'patient_fhir_id', 'practitioner': 'recorder_fhir_id', 'encounter': 'encounter_fhir_id'}) }}
)

{{ int_select('condition', 'final', received=true) }}
