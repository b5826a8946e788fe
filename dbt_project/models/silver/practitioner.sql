{%- set sources = ['hl7v2', 'fhir', 'x12', 'csv'] %}
with sources as (
    {{ int_union('practitioner', sources) }}
),

-- A name in full leads a name in one field.
versions as not materialized (
    select
        *,
        practitioner_key as match_key,
        case when family is not null and given is not null then 0 else 1 end as lead_order
    from sources
    where practitioner_key is not null
    -- Who came as a resource needs no mention of the same feed.
    qualify
        received is not null or int_format != 'fhir'
        or count(received) over (partition by practitioner_key, source_system, feed) = 0
),

practitioners as (
    {{ merged('versions', [
        'npi', 'identifier_authority', 'identifier_value', 'family', 'given', 'middle', 'suffix', 'prefix', 'specialty_code', 'specialty',
        'identifier_type', 'degree', 'received',
    ], together=['family', 'given', 'middle', 'suffix', 'prefix']) }}
),

identified as (
    select *, {{ practitioner_id('match_key') }} as practitioner_id
    from practitioners
),

built as (
    select
        *,
        {{ fhir_object({
            'resourceType': fhir_constant('Practitioner'),
            'id': fhir_token('practitioner_id'),
            'meta': fhir_meta(),
            'identifier': fhir_array([
                fhir_identifier("'http://hl7.org/fhir/sid/us-npi'", 'npi', "'NPI'"),
                "case when npi is null then " ~ fhir_identifier("'urn:id:' || regexp_replace(lower(coalesce(identifier_authority, source_system)), '[^a-z0-9._-]+', '-', 'g')", 'identifier_value', 'identifier_type') ~ " end",
            ]),
            'name': fhir_array([fhir_object({
                'family': fhir_string('family'),
                'given': fhir_array([fhir_string('given'), fhir_string('middle')]),
                'prefix': fhir_array([fhir_string('prefix')]),
                'suffix': fhir_array([fhir_string('suffix')]),
            })]),
            'qualification': fhir_array([
                fhir_object({
                    'code': fhir_codeable_concept("case when specialty_code is not null then 'http://nucc.org/provider-taxonomy' end", 'specialty_code', 'specialty', 'specialty'),
                }),
                "case when degree is not null then " ~ fhir_object({
                    'code': fhir_codeable_concept("'http://terminology.hl7.org/CodeSystem/v2-0360'", 'degree', text='degree'),
                }) ~ " end",
            ]),
        }) }} as built_json
    from identified
    {{ join_fhir_received('identified', 'Practitioner') }}
),

final as (
    select
        practitioner_id,
        npi,
        identifier_authority,
        identifier_value,
        family,
        given,
        middle,
        suffix,
        prefix,
        specialty_code,
        specialty,
        {{ silver_provenance() }},
        {{ fhir_with_received('built_json', 'practitioner_id') }} as fhir_json
    from built
)

select * from final
