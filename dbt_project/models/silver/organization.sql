{%- set sources = ['hl7v2', 'fhir', 'x12', 'csv'] %}
with sources as (
    {{ int_union('organization', sources) }}
),

versions as not materialized (
    select
        *,
        organization_key as match_key,
        case when name is not null then 0 else 1 end as lead_order
    from sources
    where organization_key is not null
    -- Who came as a resource needs no mention of the same feed.
    qualify
        received is not null or int_format != 'fhir'
        or count(received) over (partition by organization_key, source_system, feed) = 0
),

organizations as (
    {{ merged('versions', [
        'npi', 'identifier', 'identifier_system', 'name', 'type', 'phone', 'address_line', 'city', 'state', 'postal_code',
        'received',
    ], together=['address_line', 'city', 'state', 'postal_code']) }}
),

identified as (
    select *, {{ organization_id('match_key') }} as organization_id
    from organizations
),

built as (
    select
        *,
        {{ fhir_object({
            'resourceType': fhir_constant('Organization'),
            'id': fhir_token('organization_id'),
            'meta': fhir_meta(),
            'identifier': fhir_array([
                fhir_identifier("'http://hl7.org/fhir/sid/us-npi'", 'npi', "'NPI'"),
                fhir_identifier("case when contains(identifier_system, ':') then identifier_system else 'urn:id:' || source_system || ':organization' end", 'identifier'),
            ]),
            'type': fhir_array([fhir_codeable_concept("case when type in ('prov', 'pay', 'dept', 'team', 'govt', 'ins', 'edu', 'reli', 'crs', 'cg', 'bus', 'other') then 'http://terminology.hl7.org/CodeSystem/organization-type' end", 'type')]),
            'name': fhir_string('coalesce(name, identifier, npi)'),
            'telecom': fhir_array(["case when phone is not null then " ~ fhir_object({'system': fhir_constant('phone'), 'value': fhir_string('phone')}) ~ " end"]),
            'address': fhir_array([fhir_object({
                'line': fhir_array([fhir_string('address_line')]),
                'city': fhir_string('city'),
                'state': fhir_string('state'),
                'postalCode': fhir_string('postal_code'),
            })]),
        }) }} as built_json
    from identified
    {{ join_fhir_received('identified', 'Organization') }}
),

final as (
    select
        organization_id,
        npi,
        identifier,
        identifier_system,
        coalesce(name, identifier, npi) as name,
        type,
        phone,
        address_line,
        city,
        state,
        postal_code,
        {{ silver_provenance() }},
        {{ fhir_with_received('built_json', 'organization_id') }} as fhir_json
    from built
)

select * from final
