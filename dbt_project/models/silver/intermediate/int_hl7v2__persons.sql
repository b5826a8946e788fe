-- Which person a PID names, and whose the visit is that stands beside it: somebody else's where it moved since.
with named as (
    select * from {{ ref('int_hl7v2__named') }}
),

visits as (
    select
        pv1.file_sha256,
        pv1.record_index,
        pv1.pid_index,
        pv1.source_system,
        moves.* exclude (kind, source_system, moved_number, moved_namespace),
        moves.source_system as moved_source_system
    from {{ ref('stg_hl7v2__pv1') }} as pv1
    inner join {{ ref('int_hl7v2__moves') }} as moves
        on
            pv1.visit_number = moves.moved_number
            and {{ namespace_key('pv1.visit_namespace') }} is not distinct from moves.moved_namespace
    where moves.kind = 'visit'
),

accounts as (
    select * from {{ ref('int_hl7v2__moves') }}
    where kind = 'account'
),

-- What was said before a visit or an account moved is now of the person whom it moved to.
owners as (
    select
        named.file_sha256,
        named.record_index,
        named.pid_index,
        visits.id_authority,
        visits.id_value,
        visits.moved_in
    from named
    inner join visits
        on
            named.file_sha256 = visits.file_sha256
            and named.record_index = visits.record_index
            and named.pid_index = visits.pid_index
    where
        named.said_at <= visits.moved_at
        and (
            visits.prior_value is null
            or (
                named.source_system = visits.moved_source_system
                and named.id_authority = visits.prior_authority
                and named.id_value = visits.prior_value
            )
        )
    union all
    select
        named.file_sha256,
        named.record_index,
        named.pid_index,
        accounts.id_authority,
        accounts.id_value,
        accounts.moved_in
    from named
    inner join accounts
        on
            named.account_number = accounts.moved_number
            and named.source_system = accounts.source_system
            and named.id_authority = accounts.prior_authority
            and named.id_value = accounts.prior_value
    where named.said_at <= accounts.moved_at
),

last_owners as (
    select
        file_sha256,
        record_index,
        pid_index,
        max_by(id_authority, (moved_in, id_authority, id_value)) as id_authority,
        max_by(id_value, (moved_in, id_authority, id_value)) as id_value
    from owners
    group by file_sha256, record_index, pid_index
),

final as (
    select
        named.source_system,
        named.file_sha256,
        named.record_index,
        named.pid_index,
        named.id_authority,
        named.id_value,
        coalesce(last_owners.id_authority, named.id_authority) as owner_authority,
        coalesce(last_owners.id_value, named.id_value) as owner_value,
        coalesce(numbers.account_number, named.account_number) as account_number
    from named
    left join last_owners
        on
            named.file_sha256 = last_owners.file_sha256
            and named.record_index = last_owners.record_index
            and named.pid_index = last_owners.pid_index
    left join {{ ref('int_hl7v2__account_numbers') }} as numbers
        on
            named.account_number = numbers.prior_account_number
            and named.source_system = numbers.source_system
            and named.said_at <= numbers.said_at
)

select * from final
