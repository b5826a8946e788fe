-- Every coding of every coded record of silver: its record has a public code first, or the worklist has the coding.
with codings as (
    select
        resource,
        source_system,
        code_system as first_system,
        code as first_code,
        unnest(codings) as coding
    from {{ ref('int_coded_records') }}
),

code_systems as (
    select * from {{ ref('code_systems') }}
    where is_standard
),

worklist as (
    select * from {{ ref('unmapped_codes') }}
)

select codings.*
from codings
left join code_systems on codings.first_system = code_systems.code_system
left join worklist
    on
        codings.resource = worklist.resource
        and codings.source_system = worklist.source_system
        and codings.coding."system" is not distinct from worklist.code_system
        and codings.coding.code = worklist.code
where
    codings.coding.code is not null
    and worklist.unmapped_code_id is null
    and (
        codings.first_code is null
        or (
            code_systems.code_system is null
            and not coalesce(regexp_matches(codings.first_system, '^https?://(terminology\.hl7\.org|hl7\.org/fhir)/'), false)
        )
    )
