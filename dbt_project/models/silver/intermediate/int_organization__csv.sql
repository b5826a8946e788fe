-- Pharmacies by NPI, screening organizations and payers by name.
with mentioned as (
    select
        {{ csv_int_provenance() }},
        {{ organization_key('pharmacy_npi', 'source_system', 'null', 'null') }} as organization_key,
        pharmacy_npi as npi,
        null as name,
        'prov' as type
    from {{ ref('stg_pharmacy__dispenses') }}
    union all by name
    select
        {{ csv_int_provenance() }},
        {{ organization_key('null', 'source_system', 'null', 'screener_org') }} as organization_key,
        screener_org as name,
        'prov' as type
    from {{ ref('stg_public_health__sdoh_answers') }}
    union all by name
    select
        {{ csv_int_provenance() }},
        {{ organization_key('null', 'source_system', 'null', 'payer_name') }} as organization_key,
        payer_name as name,
        'ins' as type
    from {{ ref('stg_billing__statements') }}
),

final as (
    select distinct on (source_system, organization_key) *
    from mentioned
    where organization_key is not null
    order by source_system, organization_key, {{ newest_first() }}
)

{{ int_select('organization', 'final', absent=[
    'identifier', 'identifier_system', 'phone', 'address_line', 'city', 'state', 'postal_code']) }}
