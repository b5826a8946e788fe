{{ config(materialized='view') }}

-- Only silver reads it, and once: a view saves writing it down.

with codes as (
    select * from {{ ref('stg_x12__837_codes') }}
    where code_kind = 'diagnosis'
)

select
    {{ x12_provenance('codes') }},
    claim_index,
    -- What SV107 points to: the diagnoses in the order of HI, 1 being the principal one.
    row_number() over (partition by file_sha256, record_index, claim_index order by code_sequence) as diagnosis_number,
    case
        when qualifier in ('ABK', 'BK') then 'principal'
        when qualifier in ('ABJ', 'BJ') then 'admitting'
        when qualifier in ('APR', 'PR') then 'patient reason for visit'
        when qualifier in ('ABN', 'BN') then 'external cause'
        else 'other'
    end as diagnosis_type,
    qualifier,
    code_system,
    code,
    received_code,
    present_on_admission_code
from codes
where code is not null
