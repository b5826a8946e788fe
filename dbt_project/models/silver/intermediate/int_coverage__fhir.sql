-- noqa: disable=RF01, RF02, AM04, AM07
-- The linter takes a lambda's parameter and what follows `exclude` for tables' columns.
with
{{ fhir_keys_ctes('stg_fhir__coverage', ['patient']) }}
subscribers as (
    select * from {{ ref('int_fhir_patient_keys') }}
),

keyed as (
    select
        resources.*,
        patients.id_authority,
        patients.id_value,
        subscribers.id_authority as subscriber_id_authority,
        subscribers.id_value as subscriber_id_value,
        resources.source_system || '|' || resources.feed || '|' || resources.fhir_id as span_key
    {{ fhir_key_joins({'patient': 'patient_fhir_id', 'subscriber': 'subscriber_fhir_id'}) }}
    where resources.fhir_id is not null
)

select
    *,
    message_at as recorded_at,
    list_sort(list_distinct(list(source_record_id) over (partition by span_key))) as source_record_ids
from keyed
qualify
    row_number() over (partition by span_key order by {{ newest_first(place=0) }}) = 1
