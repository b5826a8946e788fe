-- Prescribers of dispenses and providers of appointments, written `Family, Given` or `Given Family`.
with mentioned as (
    select
        {{ csv_int_provenance() }},
        prescriber_npi as npi,
        prescriber_name as name
    from {{ ref('stg_pharmacy__dispenses') }}
    union all by name
    select
        {{ csv_int_provenance() }},
        provider_npi as npi,
        provider_name as name
    from {{ ref('stg_scheduling__appointments') }}
),

newest as (
    select distinct on (source_system, npi) *
    from mentioned
    where npi is not null
    order by source_system, npi, {{ newest_first() }}
),

final as (
    select
        *,
        'npi|' || npi as practitioner_key,
        case
            when contains(name, ',') then nullif(trim(split_part(name, ',', 1)), '')
            else string_split(trim(name), ' ')[-1]
        end as family,
        case
            when contains(name, ',') then nullif(trim(split_part(name, ',', 2)), '')
            when contains(trim(name), ' ') then string_split(trim(name), ' ')[1]
        end as given
    from newest
)

{{ int_select('practitioner', 'final', absent=[
    'identifier_authority', 'identifier_value', 'middle', 'suffix', 'prefix', 'specialty_code', 'specialty']) }}
