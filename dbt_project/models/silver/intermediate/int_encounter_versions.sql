-- Every word on a visit with its key: the number under its authority, else within the person; without a
-- number, what the source calls the visit. Mentions without a number name no visit.
with sources as (
    {{ int_with_patient('encounter', ['hl7v2', 'fhir']) }}
),

keyed as (
    select
        *,
        case
            when visit_number is not null then {{ visit_key() }}
            else 'source' || chr(31) || source_system || chr(31) || {{ person_scope() }} || chr(31) || source_key
        end as match_key,
        case when is_mention then 1 else 0 end as lead_order
    from sources
    where visit_number is not null or (not is_mention and start_at is not null)
)

select
    *,
    {{ uuid_v5('Encounter', "'key'", 'match_key') }} as encounter_id
from keyed
