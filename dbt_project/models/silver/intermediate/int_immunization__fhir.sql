{{ config(materialized='view') }}
with
{{ fhir_keys_ctes('stg_fhir__immunization', ['patient']) }}
final as (
    select
        {{ fhir_int_provenance() }},
        {{ fhir_int_person() }},
        {{ fhir_int_codings() }},
        {{ fhir_int_source_key() }},
        list_filter(resources.codings, lambda one: one.system = 'http://hl7.org/fhir/sid/cvx')[1].code as cvx_code,
        coalesce(
            list_filter(resources.codings, lambda one: one.system = 'http://hl7.org/fhir/sid/cvx')[1].display,
            resources.code_display
        ) as cvx_display,
        resources.occurrence_date,
        resources.occurrence_at,
        resources.occurrence_at_precision,
        {{ fhir_status('Immunization', 'resources.status') }} as status,
        resources.status_reason,
        resources.lot_number,
        resources.expiration_date,
        resources.manufacturer,
        resources.site,
        resources.route,
        resources.dose_quantity,
        resources.dose_unit,
        resources.primary_source,
        'npi|' || resources.practitioner_npi as practitioner_key,
        resources.source_record_id as received
    {{ fhir_key_joins({'patient': 'patient_fhir_id'}) }}
)

{{ int_select('immunization', 'final', received=true, absent=[
    'organization_key', 'site_codings', 'route_codings', 'status_reason_codings', 'reason_codings', 'report_origin_codings',
    'entered_at', 'entered_at_precision', 'filler_order_number', 'filler_namespace', 'placer_order_number', 'placer_namespace',
    'ordering_practitioner_key', 'location_key', 'visit_number', 'visit_namespace',
]) }}
