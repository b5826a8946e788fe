-- noqa: disable=LT02, ST03
with parties as (
    select * from {{ ref('stg_x12__parties') }}
    where entity_type_code = '2'
),

transactions as (
    select * from {{ ref('stg_x12__transactions') }}
),

-- 85 and PE billing provider, 77 and FA place of service, PR and IN payer, P5 sponsor of a plan.
typed as (
    select
        *,
        case when id_qualifier = 'XX' then id_value end as npi,
        case
            when id_qualifier is distinct from 'XX'
                then coalesce(
                    id_value,
                    -- A payer of an 835 may be identified by a REF of its loop alone, as in stg_x12__835_claims.
                    case
                        when entity_code = 'PR' and transaction_type = '835'
                            then list_filter(identifiers, lambda one: one.qualifier in ('2U', 'NF', 'EO', 'HI'))[1].value
                    end
                )
        end as identifier,
        case
            when entity_code in ('85', '87', 'PE', '77', 'FA', '82') then 'prov'
            when entity_code in ('PR', 'IN') then 'ins'
            else 'other'
        end as type
    from parties
    where entity_code in ('85', '87', 'PE', '77', 'FA', '82', 'PR', 'IN', 'P5')
),

keyed as (
    select
        *,
        {{ organization_key('npi', 'source_system', 'identifier', 'last_or_organization_name') }} as organization_key
    from typed
),

named as (
    select
        keyed.source_system,
        keyed.feed,
        keyed.source_record_id,
        keyed.received_at,
        coalesce(transactions.message_at, keyed.received_at) as recorded_at,
        {{ record_order('keyed', 'party_index') }} as record_order,
        keyed.organization_key,
        keyed.npi,
        keyed.identifier,
        keyed.last_or_organization_name as name,
        keyed.type,
        keyed.address_line,
        keyed.city,
        keyed.state,
        keyed.postal_code
    from keyed
    left join transactions on keyed.source_record_id = transactions.source_record_id
    where keyed.organization_key is not null
),

final as (
    select distinct on (source_system, organization_key) *
    from named
    order by source_system asc, organization_key asc, (address_line is null) asc, {{ newest_first() }}
)

{{ int_select('organization', 'final', absent=['identifier_system', 'phone']) }}
