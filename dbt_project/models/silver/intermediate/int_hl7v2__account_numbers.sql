-- An account that ceased (MRG-3) and the one under which it goes on (PID-18), chapter 3 of the standard: merged (A18,
-- A30, A34, A35, A36, A40, A41), renumbered (A49).
with recursive mrg as (
    select * from {{ ref('stg_hl7v2__mrg') }}
    where
        prior_account_number is not null
        and split_part(message_type, '^', 2) in ('A18', 'A30', 'A34', 'A35', 'A36', 'A39', 'A40', 'A41', 'A49')
),

said as (
    select
        mrg.source_system,
        mrg.prior_account_number,
        mrg.source_system as next_source_system,
        pid.account_number,
        {{ word_order('mrg', place='segment_index') }} as word
    from mrg
    inner join {{ ref('stg_hl7v2__pid') }} as pid
        on
            mrg.file_sha256 = pid.file_sha256
            and mrg.record_index = pid.record_index
            and mrg.pid_index = pid.segment_index
    where pid.account_number is not null and mrg.prior_account_number != pid.account_number
),

{{ hl7_followed('chain', 'said', ['source_system', 'prior_account_number'], ['next_source_system', 'account_number']) }}

select
    source_system,
    prior_account_number,
    account_number,
    word.recorded_at as said_at
from chain_ends
