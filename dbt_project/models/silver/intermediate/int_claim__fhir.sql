-- noqa: disable=RF01, RF02, AM04, AM07
-- The linter takes a lambda's parameter and what follows `exclude` for tables' columns.
with
{{ fhir_keys_ctes('stg_fhir__claim', ['patient', 'organization', 'encounter']) }}
numbered as (
    select
        resources.*,
        coalesce(
            list_filter(resources.identifiers, lambda one: one.value is not null)[1].value,
            resources.fhir_id
        ) as claim_number,
        resources.source_system
        || '|'
        || resources.feed
        || '|'
        || coalesce(resources.fhir_id, resources.source_record_id)
            as claim_key,
        resources.items[1].encounter[1] as encounter_reference
    from resources
),

newest as (
    select
        *,
        {{ fhir_reference_id('encounter_reference') }} as encounter_fhir_id,
        list_sort(list_distinct(list(source_record_id) over (partition by claim_key))) as source_record_ids
    from numbered
    qualify
        row_number() over (partition by claim_key order by {{ newest_first(place=0) }}) = 1
)

select
    resources.claim_key,
    resources.source_system,
    resources.feed,
    resources.source_record_id,
    resources.source_record_ids,
    resources.received_at,
    resources.message_at as recorded_at,
    resources.created_at,
    resources.fhir_id,
    {{ fhir_int_person() }},
    resources.claim_number,
    coalesce(resources.use, 'claim') as use,
    resources.type_code as type,
    {{ fhir_status('Claim', 'resources.status') }} as status,
    resources.total_charge,
    resources.service_start_date,
    resources.service_end_date,
    coalesce(
        'npi|' || resources.provider_npi,
        organizations.organization_key,
        {{ organization_key(
            'null', 'resources.source_system', 'resources.provider_fhir_id', 'resources.provider_name'
        ) }}
    ) as billing_organization_key,
    coalesce(resources.provider_name, organizations.name) as billing_name,
    coalesce(resources.insurer_name, resources.coverage_name) as payer_name,
    {{ fhir_int_visit() }},
    list_transform(
        list_filter(resources.diagnoses, lambda one: one."diagnosisCodeableConcept".coding[1].code is not null),
        lambda one: struct_pack(
            sequence := try_cast(one.sequence as bigint),
            "type" := 'other',
            code_system := one."diagnosisCodeableConcept".coding[1].system,
            code := one."diagnosisCodeableConcept".coding[1].code,
            present_on_admission_code := null::varchar
        )
    ) as diagnoses,
    list_transform(
        resources.items,
        lambda one: struct_pack(
            sequence := try_cast(one.sequence as bigint),
            control_number := null::varchar,
            revenue_code := null::varchar,
            code_system := one."productOrService".coding[1].system,
            code := one."productOrService".coding[1].code,
            modifiers := []::varchar[],
            quantity := try_cast(one.quantity.value as double),
            unit_code := null::varchar,
            charge := try_cast(one.net.value as decimal(18, 2)),
            service_start_date := {{ fhir_day('coalesce(one."servicedDate", one."servicedPeriod"."start")') }},
            service_end_date := {{ fhir_day('coalesce(one."servicedDate", one."servicedPeriod"."end")') }},
            place_of_service_code := null::varchar,
            diagnosis_pointers := []::integer[],
            ndc := null::varchar,
            rendering_npi := null::varchar
        )
    ) as lines
{{ fhir_key_joins({
    'patient': 'patient_fhir_id', 'organization': 'provider_fhir_id', 'encounter': 'encounter_fhir_id'})
    | replace('from resources', 'from newest as resources') }}
