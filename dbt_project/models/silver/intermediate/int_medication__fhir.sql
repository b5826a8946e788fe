with
{{ fhir_keys_ctes('stg_fhir__medication', []) }}
final as (
    select
        {{ fhir_int_provenance() }},
        {{ fhir_int_codings() }},
        coalesce(resources.feed || '|' || resources.fhir_id, resources.source_record_id) as source_key,
        {{ fhir_known('resources.status', ['active', 'inactive', 'entered-in-error']) }} as status,
        list_filter(resources.codings, lambda one: one.system = 'http://hl7.org/fhir/sid/ndc')[1].code as ndc,
        resources.form_codings,
        resources.lot_number,
        resources.expiration_date,
        {{ fhir_received('Medication') }} as received
    from resources
)

{{ int_select('medication', 'final', received=true) }}
