-- A steward's word, else the newest of the system that merged, linked (A24) or unlinked (A37) two of its numbers: it
-- counts however little the two resemble each other (an unknown patient is registered under some name). Numbers of an
-- authority are never merged.
with decided as (
    select
        person_record_id_l as record_id_l,
        person_record_id_r as record_id_r,
        decision,
        effective_at,
        decided_by
    from {{ ref('identity_decisions') }}
    where status = 'in force'
),

authoritative as (
    select person_record_id from {{ ref('int_person_records') }}
    where is_authoritative
),

stated as (
    select distinct
        person_record_id_l as record_id_l,
        person_record_id_r as record_id_r,
        decision,
        effective_at,
        source_system as decided_by
    from {{ ref('int_person_stated') }}
    where
        is_in_force
        and (
            decision = 'do not link'
            or (
                person_record_id_l not in (select authoritative.person_record_id from authoritative)
                and person_record_id_r not in (select authoritative.person_record_id from authoritative)
            )
        )
)

select * from decided
union all
select stated.* from stated
where (stated.record_id_l, stated.record_id_r) not in (select (decided.record_id_l, decided.record_id_r) from decided)
