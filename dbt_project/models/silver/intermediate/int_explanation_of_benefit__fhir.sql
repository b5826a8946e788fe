-- noqa: disable=RF01, RF02, AM04, AM07
-- The linter takes a lambda's parameter and what follows `exclude` for tables' columns.
with
{{ fhir_keys_ctes('stg_fhir__explanation_of_benefit', ['patient', 'organization']) }}
keyed as (
    select
        *,
        source_system || '|' || feed || '|' || coalesce(fhir_id, source_record_id) as decision_key
    from resources
),

newest as (
    select
        *,
        list_sort(list_distinct(list(source_record_id) over (partition by decision_key))) as source_record_ids
    from keyed
    qualify
        row_number() over (partition by decision_key order by {{ newest_first(place=0) }})
        = 1
)

select
    resources.decision_key,
    resources.source_system,
    resources.feed,
    resources.source_record_id,
    resources.source_record_ids,
    resources.received_at,
    resources.message_at as recorded_at,
    resources.created_at,
    {{ fhir_int_person() }},
    -- A claim of the same feed; where it has not come, the identifier that names it.
    resources.source_system || '|' || resources.feed || '|' || resources.claim_fhir_id as claim_key,
    coalesce(
        resources.claim_fhir_id,
        list_filter(resources.identifiers, lambda one: one.value is not null)[1].value,
        resources.fhir_id
    ) as claim_number,
    coalesce(
        list_filter(resources.identifiers, lambda one: one.value is not null)[1].value,
        resources.fhir_id
    ) as payer_claim_number,
    coalesce(resources.use, 'claim') as use,
    resources.type_code as type,
    {{ fhir_status('ExplanationOfBenefit', 'resources.status') }} as status,
    coalesce(resources.outcome, 'complete') as outcome,
    resources.disposition,
    try_cast(
        list_filter(resources.totals, lambda one: one.category.coding[1].code = 'submitted')[1].amount.value
        as decimal(18, 2)
    ) as total_charge,
    resources.payment_amount as total_paid,
    resources.payment_date,
    resources.insurer_name as payer_name,
    resources.service_start_date,
    resources.service_end_date,
    coalesce('npi|' || resources.provider_npi, organizations.organization_key) as billing_organization_key,
    coalesce(organizations.name, resources.provider_fhir_id) as payee_name
{{ fhir_key_joins({'patient': 'patient_fhir_id', 'organization': 'provider_fhir_id'})
    | replace('from resources', 'from newest as resources') }}
