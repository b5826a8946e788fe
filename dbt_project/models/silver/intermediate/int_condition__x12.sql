{{ config(materialized='view') }}
-- Diagnoses of claims in force. An admitting diagnosis or a reason for the visit is what was thought first,
-- not a condition that the patient is known to have.
with claims as (
    select * from {{ ref('int_claim__x12') }}
    where status = 'active'
),

diagnoses as (
    select
        * exclude (diagnoses),
        unnest(diagnoses) as diagnosis
    from claims
),

final as (
    select
        source_system,
        feed,
        source_record_id,
        received_at,
        recorded_at,
        record_order * 1000 + diagnosis.sequence as record_order,
        id_authority,
        id_value,
        [struct_pack("system" := diagnosis.code_system, code := diagnosis.code, display := null::varchar)] as codings,
        claim_key || '|' || diagnosis.code as source_key,
        service_start_date as encounter_date,
        'encounter-diagnosis' as category,
        'confirmed' as verification_status,
        recorded_at::date as recorded_date,
        rendering_practitioner_key as practitioner_key
    from diagnoses
    where diagnosis.code is not null and diagnosis."type" not in ('admitting', 'patient reason for visit')
)

{{ int_select('condition', 'final', absent=[
    'local_system', 'local_code', 'visit_number', 'visit_namespace', 'clinical_status', 'onset_date',
    'abatement_date']) }}
