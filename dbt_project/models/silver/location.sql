{%- set sources = ['hl7v2', 'fhir', 'csv'] %}
with sources as (
    {{ int_union('location', sources) }}
),

versions as not materialized (
    select
        *,
        location_key as match_key,
        case when name is not null then 0 else 1 end as lead_order
    from sources
    where location_key is not null
    -- Who came as a resource needs no mention of the same feed.
    qualify
        received is not null or int_format != 'fhir'
        or count(received) over (partition by location_key, source_system, feed) = 0
),

locations as (
    {{ merged('versions', [
        'name', 'type', 'organization_key', 'facility', 'point_of_care', 'room', 'bed', 'physical_type', 'parent_key', 'address_line', 'city', 'state', 'postal_code',
        'received',
    ], together=['address_line', 'city', 'state', 'postal_code']) }}
),

identified as (
    select
        *,
        {{ location_id('match_key') }} as location_id,
        {{ location_id('parent_key') }} as parent_location_id,
        {{ organization_id('organization_key') }} as organization_id
    from locations
),

built as (
    select
        *,
        {{ fhir_object({
            'resourceType': fhir_constant('Location'),
            'id': fhir_token('location_id'),
            'meta': fhir_meta(),
            'name': fhir_string('coalesce(name, point_of_care, facility)'),
            'mode': "case when received is null then " ~ fhir_constant('instance') ~ " end",
            'physicalType': "case when physical_type is not null then " ~ fhir_codeable_concept(
                "'http://terminology.hl7.org/CodeSystem/location-physical-type'", 'physical_type',
                "case physical_type when 'ro' then 'Room' when 'bd' then 'Bed' when 'lvl' then 'Level' when 'bu' then 'Building' when 'si' then 'Site' end"
            ) ~ " end",
            'address': fhir_object({
                'line': fhir_array([fhir_string('address_line')]),
                'city': fhir_string('city'),
                'state': fhir_string('state'),
                'postalCode': fhir_string('postal_code'),
            }),
            'managingOrganization': fhir_reference('Organization', 'organization_id'),
            'partOf': fhir_reference('Location', 'parent_location_id'),
        }) }} as built_json
    from identified
    {{ join_fhir_received('identified', 'Location') }}
),

final as (
    select
        location_id,
        coalesce(name, point_of_care, facility) as name,
        type,
        organization_id,
        facility,
        point_of_care,
        room,
        bed,
        physical_type,
        parent_location_id,
        address_line,
        city,
        state,
        postal_code,
        {{ silver_provenance() }},
        {{ fhir_with_received('built_json', 'location_id') }} as fhir_json
    from built
)

select * from final
