-- Every word on a visit with its key: the number under its authority, else within the person; without a
-- number, what the source calls the visit: a mention that has none names the visit that began then. A visit that was
-- given another number is the same visit.
-- What says neither which visit nor when it began is left out first, before anything is made of it.
with said as (
    select * from ({{ int_with_patient('encounter', ['hl7v2', 'fhir']) }}) as words
    where visit_number is not null or (start_at is not null and source_key is not null)
),

sources as (
    select
        said.* replace (
            coalesce(numbers.visit_number, said.visit_number) as visit_number,
            case when numbers.visit_number is null then said.visit_namespace else numbers.visit_namespace end as visit_namespace
        ),
        case when said.visit_number is not null then {{ visit_key('said.') }} end as said_visit_key
    from said
    left join {{ ref('int_hl7v2__visit_numbers') }} as numbers
        on {{ stated_visit_key('said.') }} = {{ stated_visit_key('numbers.', 'prior_visit_number', 'prior_namespace') }}
),

keyed as (
    select
        *,
        case
            when visit_number is not null then {{ visit_key() }}
            else 'source' || chr(31) || source_system || chr(31) || {{ person_scope() }} || chr(31) || source_key
        end as match_key,
        case when is_mention then 1 else 0 end as lead_order,
        -- Of two words of one moment: a visit begins before it ends, and what is cancelled was said before.
        case status
            when 'planned' then 1
            when 'in-progress' then case when list_contains(null_columns, 'end_at') then 4 else 2 end
            when 'finished' then 3
            when 'cancelled' then 5
            when 'entered-in-error' then 6
            else 0
        end as tie_order
    from sources
)

-- Without what only made the key.
select
    * exclude (source_key, feed, id_authority, id_value),
    {{ uuid_v5('Encounter', "'key'", 'match_key') }} as encounter_id
from keyed
