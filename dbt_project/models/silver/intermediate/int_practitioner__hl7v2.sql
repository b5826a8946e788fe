-- noqa: disable=AL03, LT02
-- Everyone a message names as attending, ordering, prescribing, administering, performing.
{%- set roles = [
    ('stg_hl7v2__pv1', ['attending', 'referring', 'consulting', 'admitting', 'other_providers']),
    ('stg_hl7v2__pv2', ['referral_sources']),
    ('stg_hl7v2__orc', ['ordering_providers']),
    ('stg_hl7v2__obr', ['ordering_providers', 'collectors', 'principal_interpreters', 'technicians', 'transcriptionists']),
    ('stg_hl7v2__rxe', ['ordering_providers', 'pharmacists']),
    ('stg_hl7v2__rxo', ['ordering_providers']),
    ('stg_hl7v2__rxd', ['dispensing_providers']),
    ('stg_hl7v2__rxa', ['administering_providers']),
    ('stg_hl7v2__dg1', ['clinicians']),
    ('stg_hl7v2__pr1', ['surgeons', 'practitioners', 'anesthesiologists']),
    ('stg_hl7v2__ft1', ['performers', 'ordering_providers']),
    ('stg_hl7v2__sch', ['placer_contacts', 'filler_contacts']),
    ('stg_hl7v2__txa', ['primary_providers', 'originators', 'assigned_authenticators', 'authenticators']),
    ('stg_hl7v2__pd1', ['primary_care_providers']),
] %}

with named as (
    {%- for model, columns in roles %}
    {%- for column in columns %}
    select
        source_system,
        feed,
        source_record_id,
        received_at,
        message_at,
        record_index,
        segment_index,
        unnest({{ column }}) as person
    from {{ ref(model) }}
    union all
    {%- endfor %}
    {%- endfor %}
    select
        source_system,
        feed,
        source_record_id,
        received_at,
        message_at,
        record_index,
        segment_index,
        person
    from {{ ref('stg_hl7v2__appointment_resources') }}
    union all
    -- Who directs the laboratory (OBX-25), and who observed beside the first (OBX-16).
    select
        source_system,
        feed,
        file_sha256 || ':' || record_index,
        received_at,
        message_at,
        record_index,
        segment_index,
        unnest(list_concat([performers[1].director], performers[1].further_observers))
    from {{ ref('stg_hl7v2__obx') }}
    where performers[1].director is not null or performers[1].further_observers is not null
),

-- A practitioner stands in thousands of messages: the newest of each source is enough.
newest as (
    select
        source_system,
        person.authority as identifier_authority,
        person.value as identifier_value,
        max_by({
            'feed': feed,
            'source_record_id': source_record_id,
            'received_at': received_at,
            'recorded_at': coalesce(message_at, received_at),
            'record_order': {{ record_order(none, 'segment_index') }},
            'person': person
        }, ({{ word_order(place='segment_index') }}, person.family is not null, person)) as said
    from named
    where person.value is not null
    group by source_system, person.authority, person.value, person.type
),

-- Who observed (OBX-16).
observers as (
    select
        source_system,
        feed,
        file_sha256 || ':' || record_index as source_record_id,
        received_at,
        coalesce(message_at, received_at) as recorded_at,
        {{ record_order(none, 'segment_index') }} as record_order,
        performers[1].observer_authority as identifier_authority,
        performers[1].observer_id as identifier_value,
        case when upper(performers[1].observer_authority) = 'NPI' then performers[1].observer_id end as npi,
        performers[1].observer_family as family,
        performers[1].observer_given as given
    from {{ ref('stg_hl7v2__obx') }}
    where performers[1].observer_id is not null
),

newest_observers as (
    select distinct on (source_system, identifier_authority, identifier_value)
        *,
        {{ practitioner_key('npi', 'source_system', 'identifier_authority', 'identifier_value') }} as practitioner_key
    from observers
    order by
        source_system asc, identifier_authority asc, identifier_value asc, {{ newest_first() }}
),

practitioners as (
    select
        source_system,
        identifier_authority,
        identifier_value,
        said.feed,
        said.source_record_id,
        said.received_at,
        said.recorded_at,
        said.record_order,
        {{ hl7_npi('said.person') }} as npi,
        {{ hl7_practitioner_key('said.person', 'source_system') }} as practitioner_key,
        said.person.family,
        said.person.given,
        said.person.middle,
        said.person.suffix,
        said.person.prefix,
        said.person.type as identifier_type,
        coalesce(said.person.degree, said.person.professional_suffix) as degree
    from newest
),

-- Where one segment names somebody twice, with a type of number and without, the fuller mention counts.
fullest as (
    select distinct on (source_system, practitioner_key, record_order, source_record_id) *
    from practitioners
    order by
        source_system asc, practitioner_key asc, record_order asc, source_record_id asc,
        family asc nulls last, given asc nulls last, middle asc nulls last, suffix asc nulls last, prefix asc nulls last
),

final as (
    select * from fullest
    union all by name
    select * from newest_observers
)

{{ int_select('practitioner', 'final', absent=['specialty_code', 'specialty'], own=['identifier_type', 'degree']) }}
