{{ config(materialized='view') }}
-- What claims in force say was done: services billed by a procedure code, and the procedures of a stay (HI*BBR, BBQ).
with claims as (
    select * from {{ ref('int_claim__x12') }}
    where status = 'active'
),

lines as (
    select
        * exclude (lines),
        unnest(lines) as line
    from claims
),

coded as (
    select
        * exclude (codes),
        unnest(codes) as procedure
    from claims
),

final as (
    select
        source_system,
        feed,
        source_record_id,
        received_at,
        recorded_at,
        record_order * 1000 + line.sequence as record_order,
        id_authority,
        id_value,
        case when starts_with(line.code_system, 'urn:id:') then 'HC' end as local_system,
        case when starts_with(line.code_system, 'urn:id:') then line.code end as local_code,
        [struct_pack("system" := line.code_system, code := line.code, display := null::varchar)] as codings,
        claim_key || '|' || line.sequence as source_key,
        'completed' as status,
        coalesce(line.service_start_date, service_start_date)::timestamp as performed_at,
        'day' as performed_at_precision,
        coalesce(line.service_start_date, service_start_date) as performed_date,
        coalesce('npi|' || line.rendering_npi, rendering_practitioner_key) as practitioner_key
    from lines
    where line.code is not null
    union all by name
    select
        source_system,
        feed,
        source_record_id,
        received_at,
        recorded_at,
        record_order * 1000 + 900 as record_order,
        id_authority,
        id_value,
        null::varchar as local_system,
        null::varchar as local_code,
        [struct_pack("system" := procedure.code_system, code := procedure.code, display := null::varchar)] as codings,
        claim_key || '|' || procedure.code || '|' || coalesce(procedure.start_date::varchar, '') as source_key,
        'completed' as status,
        coalesce(procedure.start_date, service_start_date)::timestamp as performed_at,
        'day' as performed_at_precision,
        coalesce(procedure.start_date, service_start_date) as performed_date,
        rendering_practitioner_key as practitioner_key
    from coded
    where procedure.kind = 'procedure' and procedure.code is not null
)

{{ int_select('procedure', 'final', absent=['visit_number', 'visit_namespace', 'reason_codings']) }}
