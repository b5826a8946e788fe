with organizations as (
    select
        source_system,
        feed,
        source_record_id,
        received_at,
        message_at as recorded_at,
        {{ record_order() }} as record_order,
        {{ organization_key('npi', 'source_system', 'fhir_id', 'name') }} as organization_key,
        npi,
        fhir_id as identifier,
        'FHIR:' || feed as identifier_system,
        name,
        type,
        phone,
        address_line,
        city,
        state,
        postal_code,
        source_record_id as received
    from {{ ref('stg_fhir__organization') }}
    where fhir_id is not null
),

-- Service providers whom an Encounter names by identifier and display.
mentioned as (
    select distinct on (organization_npi)
        source_system,
        feed,
        source_record_id,
        received_at,
        message_at as recorded_at,
        {{ record_order() }} as record_order,
        'npi|' || organization_npi as organization_key,
        organization_npi as npi,
        organization_name as name
    from {{ ref('stg_fhir__encounter') }}
    where organization_npi is not null and organization_name is not null
    order by organization_npi, {{ newest_first(place=0) }}
),

final as (
    select * from organizations
    union all by name
    select * from mentioned
)

{{ int_select('organization', 'final', received=true) }}
