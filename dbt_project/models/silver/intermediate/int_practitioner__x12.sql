with parties as (
    select * from {{ ref('stg_x12__parties') }}
    where entity_type_code = '1' and id_qualifier = 'XX' and id_value is not null
),

transactions as (
    select * from {{ ref('stg_x12__transactions') }}
),

-- Rendering, attending, operating, referring, supervising, ordering and billing persons (NM101).
named as (
    select
        parties.source_system,
        parties.feed,
        parties.source_record_id,
        parties.received_at,
        coalesce(transactions.message_at, parties.received_at) as recorded_at,
        {{ record_order('parties', 'party_index') }} as record_order,
        'npi|' || parties.id_value as practitioner_key,
        parties.id_value as npi,
        parties.last_or_organization_name as family,
        parties.first_name as given,
        parties.middle_name as middle,
        parties.suffix,
        parties.prefix,
        parties.taxonomy_code as specialty_code
    from parties
    left join transactions on parties.source_record_id = transactions.source_record_id
    where parties.entity_code in ('82', '71', '72', '73', 'DN', 'P3', 'DK', 'DQ', 'ZZ', '85')
),

final as (
    select distinct on (source_system, npi) *
    from named
    order by source_system asc, npi asc, (specialty_code is null) asc, {{ newest_first() }}
)

{{ int_select('practitioner', 'final', absent=['identifier_authority', 'identifier_value', 'specialty']) }}
