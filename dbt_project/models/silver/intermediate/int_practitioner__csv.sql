-- Prescribers of dispenses and providers of appointments, written `Family, Given`.
with mentioned as (
    select
        {{ csv_int_provenance() }},
        prescriber_npi as npi,
        prescriber_name as name,
    from {{ ref('stg_pharmacy__dispenses') }}
    union all by name
    select
        {{ csv_int_provenance() }},
        provider_npi as npi,
        provider_name as name,
    from {{ ref('stg_scheduling__appointments') }}
),

newest as (
    select distinct on (source_system, npi) *
    from mentioned
    where npi is not null
    order by source_system, npi, recorded_at desc, source_record_id desc
),

final as (
    select
        *,
        'npi|' || npi as practitioner_key,
        nullif(trim(split_part(name, ',', 1)), '') as family,
        nullif(trim(split_part(name, ',', 2)), '') as given,
    from newest
)

{{ int_select('practitioner', 'final', absent=[
    'identifier_authority', 'identifier_value', 'middle', 'suffix', 'prefix', 'specialty_code', 'specialty']) }}
