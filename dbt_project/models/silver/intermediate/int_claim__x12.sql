-- The current version of each 837 claim, with its diagnoses, lines and every record that carried it.
{%- set code -%}
    struct_pack(
        kind := code_kind,
        code_system := case code_kind
            when 'value' then 'https://www.nubc.org/CodeSystem/ValueCodes'
            when 'occurrence' then 'https://www.nubc.org/CodeSystem/OccurrenceCodes'
            when 'occurrence span' then 'https://www.nubc.org/CodeSystem/OccurrenceSpanCodes'
            when 'condition' then 'https://www.nubc.org/CodeSystem/ConditionCodes'
            else code_system
        end,
        code := code,
        start_date := code_start_date,
        end_date := code_end_date,
        amount := amount
    )
{%- endset %}
with versions as (
    select * from {{ ref('int_claim_versions__x12') }}
),

lines as (
    select * from {{ ref('stg_x12__837_lines') }}
),

diagnoses as (
    select * from {{ ref('stg_x12__837_diagnoses') }}
),

codes as (
    select * from {{ ref('stg_x12__837_codes') }}
    where code_kind in ('procedure', 'value', 'occurrence', 'occurrence span', 'condition', 'diagnosis related group')
),

current_versions as (
    select * from versions
    where version_rank = 1
),

histories as (
    select
        claim_key,
        list_sort(list_distinct(list(source_record_id))) as source_record_ids,
        min(recorded_at) as first_recorded_at,
        count(*) as version_count
    from versions
    group by claim_key
),

-- A claim whose replacement or void bears another number (REF*F8).
replacements as (
    select
        replaced.claim_key,
        arg_max(later.claim_number, {{ word_order('later') }}) as replaced_by_claim_number
    from current_versions as later
    inner join current_versions as replaced
        on
            later.source_system = replaced.source_system
            and later.replaced_claim_number = replaced.claim_number
            and coalesce(later.billing_npi, later.billing_id, '')
            = coalesce(replaced.billing_npi, replaced.billing_id, '')
    where later.claim_key != replaced.claim_key
    group by replaced.claim_key
),

claim_diagnoses as (
    select
        source_record_id,
        claim_index,
        list_sort(list(struct_pack(
            sequence := diagnosis_number,
            "type" := diagnosis_type,
            code_system := code_system,
            code := code,
            present_on_admission_code := present_on_admission_code
        ))) as diagnoses
    from diagnoses
    group by all
),

-- Procedures of the stay, and what the institution states beside them: value, occurrence and condition codes.
claim_codes as (
    select
        source_record_id,
        claim_index,
        {{ list_in_order(code, 'code_sequence') }} as codes
    from codes
    group by all
),

claim_lines as (
    select
        source_record_id,
        claim_index,
        list_sort(list(struct_pack(
            sequence := line_number,
            control_number := line_control_number,
            revenue_code := revenue_code,
            code_system := {{ procedure_code_system('procedure_qualifier', 'procedure_code', 'source_system') }},
            code := procedure_code,
            modifiers := modifiers,
            quantity := quantity,
            unit_code := unit_code,
            charge := charge,
            service_start_date := service_start_date,
            service_end_date := service_end_date,
            place_of_service_code := place_of_service_code,
            diagnosis_pointers := diagnosis_pointers,
            ndc := ndc,
            rendering_npi := rendering_npi
        ))) as lines
    from lines
    group by all
)

select
    current_versions.claim_key,
    current_versions.source_system,
    current_versions.feed,
    current_versions.source_record_id,
    histories.source_record_ids,
    current_versions.received_at,
    current_versions.recorded_at,
    histories.first_recorded_at as created_at,
    histories.version_count,
    current_versions.claim_index,
    current_versions.record_order,
    current_versions.id_authority,
    current_versions.id_value,
    current_versions.claim_number,
    'claim' as use,
    current_versions.claim_type as type,
    -- Void, or replaced under another number: no longer in force.
    case
        when current_versions.frequency_code = '8' or replacements.claim_key is not null then 'cancelled'
        else 'active'
    end as status,
    coalesce(current_versions.frequency_code, '1') as frequency_code,
    current_versions.original_reference,
    case
        when current_versions.replaced_claim_number != current_versions.claim_number
            then current_versions.replaced_claim_number
    end as replaced_claim_number,
    replacements.replaced_by_claim_number,
    current_versions.total_charge,
    current_versions.service_start_date,
    current_versions.service_end_date,
    current_versions.admission_date,
    current_versions.facility_type_code,
    current_versions.admission_type_code,
    current_versions.patient_status_code,
    {{ organization_key(
        'current_versions.billing_npi', 'current_versions.source_system', 'current_versions.billing_id',
        'current_versions.billing_name'
    ) }} as billing_organization_key,
    current_versions.billing_name,
    'npi|' || coalesce(current_versions.rendering_npi, current_versions.attending_npi) as rendering_practitioner_key,
    current_versions.payer_name,
    current_versions.payer_id as payer_identifier,
    current_versions.claim_filing_code,
    current_versions.relationship_code,
    current_versions.subscriber_member_id,
    current_versions.patient_member_id as member_id,
    current_versions.group_number,
    current_versions.medical_record_number,
    claim_diagnoses.diagnoses,
    claim_lines.lines,
    claim_codes.codes
from current_versions
left join histories on current_versions.claim_key = histories.claim_key
left join replacements on current_versions.claim_key = replacements.claim_key
left join claim_diagnoses
    on
        current_versions.source_record_id = claim_diagnoses.source_record_id
        and current_versions.claim_index = claim_diagnoses.claim_index
left join claim_lines
    on
        current_versions.source_record_id = claim_lines.source_record_id
        and current_versions.claim_index = claim_lines.claim_index
left join claim_codes
    on
        current_versions.source_record_id = claim_codes.source_record_id
        and current_versions.claim_index = claim_codes.claim_index
