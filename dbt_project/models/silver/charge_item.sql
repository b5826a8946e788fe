-- One row per financial transaction of a billing system.
with sources as (
    {{ int_with_patient('charge_item', ['hl7v2']) }}
),

coded as (
    select
        sources.*,
        {{ canonical_coding('sources.codings', [
            'http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets', 'http://www.ama-assn.org/go/cpt',
        ]) }} as canonical
    from sources
    {{ join_code_map('sources') }}
),

versions as not materialized (
    select
        coded.* replace ({{ with_canonical('canonical', 'codings') }} as codings),
        visits.encounter_id,
        canonical."system" as code_system,
        canonical.code as code,
        canonical.display as code_display,
        concat_ws(chr(31), coded.source_system, coalesce(transaction_number, source_key)) as match_key,
        0 as lead_order
    from {{ displayed('coded') }} as coded
    {{ join_encounter('coded') }}
),

charges as (
    {{ merged('versions', [
        'patient_id', 'encounter_id', 'account_number', 'transaction_number', 'code_system', 'code', 'code_display', 'codings',
        'status', 'quantity', 'amount', 'currency', 'occurrence_date', 'practitioner_key',
    ], together=['code_system', 'code', 'codings', 'quantity', 'amount']) }}
),

identified as (
    select
        charges.*,
        {{ uuid_v5('ChargeItem', "'key'", 'match_key') }} as charge_item_id,
        accounts.account_id,
        {{ practitioner_id('practitioner_key') }} as practitioner_id
    from charges
    left join {{ ref('account') }} as accounts
        on charges.patient_id = accounts.patient_id and charges.account_number = accounts.account_number
),

final as (
    select
        charge_item_id,
        patient_id,
        encounter_id,
        account_number,
        account_id,
        transaction_number,
        code_system,
        code,
        code_display,
        codings,
        quantity,
        amount,
        currency,
        occurrence_date,
        status,
        practitioner_id,
        {{ silver_provenance() }},
        {{ fhir_object({
            'resourceType': fhir_constant('ChargeItem'),
            'id': fhir_token('charge_item_id'),
            'meta': fhir_meta(),
            'identifier': fhir_array([fhir_identifier("'urn:id:' || source_system || ':transaction'", 'transaction_number')]),
            'status': fhir_token('status'),
            'code': "coalesce(" ~ fhir_concept_of('codings', 'code_display') ~ ", '{\"text\":\"unknown\"}')",
            'subject': fhir_subject(),
            'context': fhir_reference('Encounter', 'encounter_id'),
            'occurrenceDateTime': fhir_on('occurrence_date'),
            'performer': fhir_array(["case when practitioner_id is not null then " ~ fhir_object({'actor': fhir_reference('Practitioner', 'practitioner_id')}) ~ " end"]),
            'quantity': fhir_quantity('quantity', 'null::varchar'),
            'account': fhir_array([fhir_reference('Account', 'account_id')]),
            'priceOverride': "case when amount is not null then " ~ fhir_object({'value': fhir_number('amount'), 'currency': fhir_code('currency')}) ~ " end",
        }) }} as fhir_json
    from identified
)

select * from final
