-- What was filed under the wrong person: a visit (A45, MRG-5) or an account with its visits (A44, MRG-3) moves from the
-- person of MRG-1 to that of PID (chapter 3 of the standard). A visit whose number has an authority is the same visit
-- whoever it was filed under; other numbers are their system's and person's alone.
with recursive mrg as (
    select
        *,
        split_part(message_type, '^', 2) as trigger_event
    from {{ ref('stg_hl7v2__mrg') }}
    where split_part(message_type, '^', 2) in ('A44', 'A45')
),

said as (
    select
        case mrg.trigger_event when 'A45' then 'visit' else 'account' end as kind,
        mrg.source_system,
        case mrg.trigger_event when 'A45' then mrg.prior_visit_number else mrg.prior_account_number end as moved_number,
        case mrg.trigger_event when 'A45' then {{ namespace_key('mrg.prior_visit_namespace') }} end as moved_namespace,
        coalesce(mrg.prior_ids[1].authority, upper(mrg.source_system)) as prior_authority,
        mrg.prior_ids[1].value as prior_value,
        persons.id_authority,
        persons.id_value,
        {{ word_order('mrg', place='segment_index') }} as word
    from mrg
    inner join {{ ref('int_hl7v2__named') }} as persons
        on
            mrg.file_sha256 = persons.file_sha256
            and mrg.record_index = persons.record_index
            and mrg.pid_index = persons.pid_index
),

-- Who a number with an authority was filed under does not matter.
words as (
    select
        kind,
        case when moved_namespace is null then source_system end as source_system,
        moved_number,
        moved_namespace,
        case when moved_namespace is null then prior_authority end as prior_authority,
        case when moved_namespace is null then prior_value end as prior_value,
        kind as next_kind,
        case when moved_namespace is null then source_system end as next_source_system,
        moved_number as next_number,
        moved_namespace as next_namespace,
        id_authority,
        id_value,
        word
    from said
    where moved_number is not null and (moved_namespace is not null or prior_value is not null)
),

{{ hl7_followed(
    'chain', 'words',
    ['kind', 'source_system', 'moved_number', 'moved_namespace', 'prior_authority', 'prior_value'],
    ['next_kind', 'next_source_system', 'next_number', 'next_namespace', 'id_authority', 'id_value']
) }}

select
    kind,
    source_system,
    moved_number,
    moved_namespace,
    prior_authority,
    prior_value,
    id_authority,
    id_value,
    word.recorded_at as moved_at,
    word as moved_in
from chain_ends
