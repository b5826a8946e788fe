-- A visit that got another number: merged into one (A42), moved to another person (A45) or renumbered (A50),
-- chapter 3 of the standard: MRG-5 is the number that ceased, PV1-19 the one that stays. The newest word counts.
with recursive mrg as (
    select * from {{ ref('stg_hl7v2__mrg') }}
    where
        prior_visit_number is not null
        and split_part(message_type, '^', 2) in ('A42', 'A45', 'A50')
),

pv1 as (
    select
        file_sha256,
        record_index,
        pid_index,
        any_value(visit_number order by segment_index) as visit_number,
        any_value(visit_namespace order by segment_index) as visit_namespace
    from {{ ref('stg_hl7v2__pv1') }}
    where visit_number is not null
    group by file_sha256, record_index, pid_index
),

said as (
    select
        -- A number without an authority is its system's and person's alone.
        case when mrg.prior_visit_namespace is null then mrg.source_system end as source_system,
        mrg.prior_visit_number,
        {{ namespace_key('mrg.prior_visit_namespace') }} as prior_namespace,
        case when mrg.prior_visit_namespace is null then persons.id_authority end as id_authority,
        -- What moved (A45) is already told of the person whom it moved to.
        case
            when mrg.prior_visit_namespace is null and mrg.message_type like '%^A45%' then persons.id_value
            when mrg.prior_visit_namespace is null then coalesce(mrg.prior_ids[1].value, persons.id_value)
        end as id_value,
        case when pv1.visit_namespace is null then mrg.source_system end as next_source_system,
        {{ namespace_key('pv1.visit_namespace') }} as next_namespace,
        case when pv1.visit_namespace is null then persons.id_authority end as next_authority,
        case when pv1.visit_namespace is null then persons.id_value end as next_value,
        pv1.visit_number,
        pv1.visit_namespace,
        {{ word_order('mrg', place='segment_index') }} as word
    from mrg
    inner join pv1
        on
            mrg.file_sha256 = pv1.file_sha256
            and mrg.record_index = pv1.record_index
            and mrg.pid_index = pv1.pid_index
    left join {{ ref('int_hl7v2__persons') }} as persons
        on
            mrg.file_sha256 = persons.file_sha256
            and mrg.record_index = persons.record_index
            and mrg.pid_index = persons.pid_index
    where mrg.prior_visit_number is distinct from pv1.visit_number
),

{{ hl7_followed(
    'chain', 'said',
    ['source_system', 'prior_namespace', 'prior_visit_number', 'id_authority', 'id_value'],
    ['next_source_system', 'next_namespace', 'visit_number', 'next_authority', 'next_value', 'visit_namespace']
) }}

select
    source_system,
    prior_namespace,
    prior_visit_number,
    id_authority,
    id_value,
    visit_number,
    visit_namespace
from chain_ends
