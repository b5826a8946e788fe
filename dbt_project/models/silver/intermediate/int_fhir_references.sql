-- noqa: disable=RF01, RF02, RF03, LT02
-- The linter takes a lambda's parameter for a table's column.
-- What each reference of a FHIR resource means in silver: by type and id in its feed, else in its source; by the
-- fullUrl in its file; by an identifier (conditional references); by NPI, or the name of a place, of those who are known
-- from their mention alone. In the record of one patient every patient is that patient.
with resources as (
    select
        source_system,
        feed,
        file_sha256,
        source_record_id,
        bundle_patient_fhir_id,
        string_split(cast(json(cast(resource as varchar)) as varchar), '"reference":"') as parts
    from {{ ref('stg_fhir__resources') }}
),

targets as (
    select
        *,
        resource_type || '/' || resource_id as target
    from {{ ref('int_fhir_targets') }}
),

said as (
    select
        * exclude (parts),
        unnest(list_distinct(list_transform(
            parts[2:],
            lambda part: regexp_extract(part, {{ fhir_reference_pattern() }}, ['reference', 'display'])
        ))) as said
    from resources
),

named as (
    select
        source_system,
        feed,
        file_sha256,
        source_record_id,
        said.reference as reference,
        any_value(bundle_patient_fhir_id) as bundle_patient_fhir_id,
        max(nullif(said.display, '')) as display
    from said
    where said.reference != '' and not starts_with(said.reference, '#')
    group by all
),

-- Many resources of a file name the same one.
read as (
    select
        source_system,
        feed,
        file_sha256,
        reference,
        bundle_patient_fhir_id,
        display,
        case when contains(reference, '?') then regexp_extract(reference, '([A-Za-z]+)[?]', 1) end as conditional_type,
        nullif(regexp_extract(reference, '[?](?:.*&)?identifier=([^&]*)', 1), '') as identifier,
        nullif(regexp_extract(reference, 'us-npi[|]([0-9]+)', 1), '') as npi,
        nullif(regexp_extract(reference, '^(?:.*/)?([A-Z][A-Za-z]+)/[A-Za-z0-9.-]{1,64}(?:/_history/.*)?$', 1), '') as type,
        nullif(
            regexp_extract(reference, '(?:^urn:(?:uuid|oid):|[A-Z][A-Za-z]+/)([A-Za-z0-9.-]{1,64})(?:/_history/.*)?$', 1), ''
        ) as fhir_id
    from (select distinct * exclude (source_record_id) from named)
),

conditional_types as (
    select distinct conditional_type from read
    where identifier is not null
),

identifiers as (
    select
        targets.source_system,
        targets.resource_type,
        unnest(list_transform(
            json_extract(found.resource, '$.identifier[*]'),
            lambda one: concat_ws('|', json_extract_string(one, '$.system'), json_extract_string(one, '$.value'))
        )) as identifier,
        targets.target
    from targets
    inner join {{ ref('stg_fhir__resources') }} as found on targets.source_record_id = found.source_record_id
    where targets.resource_type in (select conditional_types.conditional_type from conditional_types)
),

by_identifier as (
    select
        source_system,
        resource_type,
        identifier,
        min(target) as target
    from identifiers
    group by all
),

by_source as (
    select
        source_system,
        resource_type,
        fhir_id,
        max_by(target, {{ word_order(place=0) }}) as target
    from targets
    group by all
),

by_id as (
    select
        source_system,
        feed,
        fhir_id,
        min(target) as target
    from targets
    group by all
),

by_full_url as (
    select
        file_sha256,
        full_url,
        min(target) as target
    from targets
    where full_url is not null
    group by all
),

-- Those whom nobody sent a resource of.
mentioned as (
    select distinct
        'Practitioner' as type,
        'npi|' || npi as key,
        'Practitioner/' || practitioner_id as target
    from (
        {%- for format in ['hl7v2', 'fhir', 'x12', 'csv'] %}
        select
            npi,
            {{ practitioner_id('practitioner_key') }} as practitioner_id
        from {{ ref('int_practitioner__' ~ format) }}
        where practitioner_key = 'npi|' || npi
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    )
    union all
    select distinct
        'Organization' as type,
        organization_key as key,
        'Organization/' || {{ organization_id('organization_key') }} as target
    from {{ ref('int_organization__fhir') }}
    where starts_with(organization_key, 'npi|')
    union all
    select distinct
        'Location' as type,
        location_key as key,
        'Location/' || {{ location_id('location_key') }} as target
    from {{ ref('int_location__fhir') }}
),

people as (
    select
        source_system,
        id_authority,
        id_value,
        'Patient/' || patient_id as target
    from {{ ref('patient_xref') }}
),

resolved as (
    select
        read.source_system,
        read.feed,
        read.file_sha256,
        read.reference,
        read.bundle_patient_fhir_id,
        read.display,
        coalesce(
            case when coalesce(read.type, read.conditional_type, 'Patient') = 'Patient' then bundle_patients.target end,
            by_type.target, by_full_url.target, by_source.target, by_id.target, by_identifier.target, mentioned.target, places.target,
            people.target
        ) as target
    from read
    left join targets as bundle_patients
        on
            read.source_system = bundle_patients.source_system
            and read.feed = bundle_patients.feed
            and case
                when read.type = 'Patient' or starts_with(read.reference, 'Patient/') or read.fhir_id = read.bundle_patient_fhir_id
                    then read.bundle_patient_fhir_id
            end = bundle_patients.fhir_id
            and bundle_patients.resource_type = 'Patient'
    left join targets as by_type
        on
            read.source_system = by_type.source_system
            and read.feed = by_type.feed
            and read.type = by_type.resource_type
            and read.fhir_id = by_type.fhir_id
    left join by_full_url on read.file_sha256 = by_full_url.file_sha256 and read.reference = by_full_url.full_url
    left join by_source
        on
            read.source_system = by_source.source_system
            and read.type = by_source.resource_type
            and read.fhir_id = by_source.fhir_id
    left join by_id
        on
            read.source_system = by_id.source_system
            and read.feed = by_id.feed
            and case when read.type is null then read.fhir_id end = by_id.fhir_id
    left join by_identifier
        on
            read.source_system = by_identifier.source_system
            and read.conditional_type = by_identifier.resource_type
            and read.identifier = by_identifier.identifier
    left join mentioned
        on
            coalesce(read.type, read.conditional_type) = mentioned.type
            and 'npi|' || read.npi = mentioned.key
    left join mentioned as places
        on
            coalesce(read.type, read.conditional_type) = places.type
            and read.source_system || '||' || read.display = places.key
    left join people
        on
            read.source_system = people.source_system
            and 'FHIR:' || read.feed = people.id_authority
            and case when read.type = 'Patient' then read.fhir_id end = people.id_value
)

select
    named.source_system,
    named.feed,
    named.source_record_id,
    named.reference,
    resolved.target
from named
inner join resolved
    on
        named.source_system = resolved.source_system
        and named.feed = resolved.feed
        and named.file_sha256 = resolved.file_sha256
        and named.reference = resolved.reference
        and named.bundle_patient_fhir_id is not distinct from resolved.bundle_patient_fhir_id
        and named.display is not distinct from resolved.display
