-- Services that claims in force bill by a procedure code.
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

final as (
    select
        source_system,
        feed,
        source_record_id,
        received_at,
        recorded_at,
        claim_index * 1000 + line.sequence as record_order,
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
)

{{ int_select('procedure', 'final', absent=['visit_number', 'visit_namespace']) }}
