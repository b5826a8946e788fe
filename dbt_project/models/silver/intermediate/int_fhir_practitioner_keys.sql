-- The practitioner that a reference to a Practitioner or a PractitionerRole means.
with practitioners as (
    select distinct on (source_system, feed, fhir_id)
        source_system,
        feed,
        fhir_id,
        {{ word_order(place=0) }} as word,
        {{ practitioner_key('npi', 'source_system', "'FHIR'", 'fhir_id') }} as practitioner_key
    from {{ ref('stg_fhir__practitioner') }}
    order by source_system asc, feed asc, fhir_id asc, {{ newest_first(place=0) }}
),

roles as (
    select
        roles.source_system,
        roles.feed,
        roles.fhir_id,
        {{ word_order('roles', place=0) }} as word,
        coalesce(
            practitioners.practitioner_key,
            {{ practitioner_key(
                'roles.practitioner_npi', 'roles.source_system', "'FHIR'", 'roles.practitioner_fhir_id'
            ) }}
        ) as practitioner_key
    from {{ ref('stg_fhir__practitioner_role') }} as roles
    left join practitioners
        on
            roles.source_system = practitioners.source_system
            and roles.feed = practitioners.feed
            and roles.practitioner_fhir_id = practitioners.fhir_id
),

both_kinds as (
    select * from practitioners
    union all by name
    select * from roles
)

select distinct on (source_system, feed, fhir_id) * exclude (word)
from both_kinds
where fhir_id is not null and practitioner_key is not null
order by source_system asc, feed asc, fhir_id asc, word desc
