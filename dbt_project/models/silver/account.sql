-- noqa: disable=LT02, LT01
-- An account is its number within a person: systems agree on the number, and write its authority each in their way.
with sources as (
    {{ int_with_patient('account', ['hl7v2', 'fhir']) }}
),

versions as not materialized (
    select
        *,
        case
            when account_number is not null then concat_ws(chr(31), 'account', {{ person_scope() }}, account_number)
            else concat_ws(chr(31), 'source', source_system, source_key)
        end as match_key,
        0 as lead_order,
        -- Who pays is said as a whole.
        case
            when is_own_guarantor then {'patient_id': patient_id, 'key': null::varchar}
            when coalesce(guarantor_family, guarantor_given) is not null
                then {'patient_id': null::varchar, 'key': {{ related_person_key(person_scope(), 'guarantor_family', 'guarantor_given') }}}
        end as guarantor
    from sources
),

accounts as (
    {{ merged('versions', [
        'patient_id', 'account_number', 'account_namespace', 'status', 'type_codings', 'name', 'service_start_at',
        'service_start_at_precision', 'service_end_at', 'service_end_at_precision', 'guarantor', 'received',
    ]) }}
),

identified as (
    select
        *,
        {{ uuid_v5('Account', "'key'", 'match_key') }} as account_id,
        guarantor.patient_id as guarantor_patient_id,
        {{ uuid_v5('RelatedPerson', "'key'", 'guarantor."key"') }} as guarantor_related_person_id
    from accounts
),

built as (
    select
        *,
        {{ fhir_object({
            'resourceType': fhir_constant('Account'),
            'id': fhir_token('account_id'),
            'meta': fhir_meta(),
            'identifier': fhir_array([fhir_identifier(number_system('account_namespace', 'account'), 'account_number', "'AN'")]),
            'status': "coalesce(" ~ fhir_token('status') ~ ", '\"unknown\"')",
            'type': fhir_concept_of('type_codings', 'type_codings[1].display'),
            'name': fhir_string('name'),
            'subject': fhir_array([fhir_reference('Patient', 'patient_id')]),
            'servicePeriod': fhir_period('service_start_at', 'service_end_at', 'service_start_at_precision', 'service_end_at_precision'),
            'guarantor': fhir_array([fhir_object({
                'party': "coalesce(" ~ fhir_reference('Patient', 'guarantor_patient_id') ~ ", " ~ fhir_reference('RelatedPerson', 'guarantor_related_person_id') ~ ")",
            })]),
        }) }} as built_json
    from identified
    {{ join_fhir_received('identified', 'Account') }}
),

final as (
    select
        account_id,
        patient_id,
        account_number,
        coalesce(status, 'unknown') as status,
        type_codings,
        name,
        service_start_at,
        service_end_at,
        guarantor_patient_id,
        guarantor_related_person_id,
        {{ silver_provenance() }},
        {{ fhir_with_received('built_json', 'account_id') }} as fhir_json
    from built
)

select * from final
