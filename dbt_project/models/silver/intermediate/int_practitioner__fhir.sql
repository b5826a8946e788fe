-- noqa: disable=LT02
with practitioners as (
    select
        source_system,
        feed,
        source_record_id,
        received_at,
        message_at as recorded_at,
        {{ record_order() }} as record_order,
        {{ practitioner_key('npi', 'source_system', "'FHIR'", 'fhir_id') }} as practitioner_key,
        npi,
        'FHIR:' || feed as identifier_authority,
        fhir_id as identifier_value,
        family,
        given,
        middle,
        suffix,
        prefix,
        source_record_id as received
    from {{ ref('stg_fhir__practitioner') }}
),

-- Practitioners whom a reference names by NPI and display, and of whom no resource need exist.
{%- set mentions = {
    'stg_fhir__encounter': 'practitioner', 'stg_fhir__procedure': 'practitioner',
    'stg_fhir__medication_request': 'practitioner'} %}
mentioned as (
    {%- for staging, role in mentions.items() %}
    select
        source_system,
        feed,
        source_record_id,
        received_at,
        message_at,
        record_index,
        {{ role }}_npi as npi,
        {{ role }}_display as display
    from {{ ref(staging) }}
    where {{ role }}_npi is not null and {{ role }}_display is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- A display is given name before family name, perhaps with a title.
first_mentions as (
    select distinct on (npi)
        * exclude (display),
        string_split(trim(regexp_replace(display, '^(Dr|Mr|Mrs|Ms|Prof)[.]? +', '')), ' ') as words
    from mentioned
    order by npi, {{ newest_first(place=0) }}
),

final as (
    select * from practitioners
    union all by name
    select
        source_system,
        feed,
        source_record_id,
        received_at,
        message_at as recorded_at,
        {{ record_order() }} as record_order,
        'npi|' || npi as practitioner_key,
        npi,
        words[-1] as family,
        case when len(words) > 1 then words[1] end as given
    from first_mentions
)

{{ int_select('practitioner', 'final', absent=['specialty_code', 'specialty'], received=true) }}
