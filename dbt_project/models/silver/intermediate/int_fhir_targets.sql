-- noqa: disable=LT02, LT14, AL05
-- The silver row of each FHIR resource. What has no row in a table of its own type has one in `fhir_other`: types
-- that silver has no table for, and the second of two resources of a feed that would be one row.
with resources as (
    select * replace (coalesce(fhir_id, source_record_id) as fhir_id)
    from {{ ref('stg_fhir__resources') }}
),

patients as (
    select * from {{ ref('int_fhir_patient_keys') }}
),

patient_xref as (
    select * from {{ ref('patient_xref') }}
),

modelled as (
    select
        'Patient' as resource_type,
        resources.source_record_id,
        patient_xref.patient_id as resource_id
    from resources
    inner join patients
        on
            resources.source_system = patients.source_system
            and resources.feed = patients.feed
            and resources.fhir_id = patients.fhir_id
    inner join patient_xref
        on
            patients.source_system = patient_xref.source_system
            and patients.id_authority = patient_xref.id_authority
            and patients.id_value = patient_xref.id_value
    where resources.resource_type = 'Patient'
    {%- for type, target in fhir_targets().items() if target %}
    union all by name
    select
        '{{ type }}' as resource_type,
        source_record_id,
        {{ target[1] }} as resource_id
    from {{ target[0] if target[0].startswith('(') else ref(target[0]) }} as said
    where
        source_record_id in (select resources.source_record_id from resources where resources.resource_type = '{{ type }}')
        {%- if type == 'Observation' %}
        and received is not null
        {%- endif %}
    {%- endfor %}
),

joined as (
    select
        resources.source_system,
        resources.feed,
        resources.resource_type,
        resources.fhir_id,
        resources.file_sha256,
        resources.full_url,
        resources.source_record_id,
        resources.message_at,
        resources.received_at,
        resources.record_index,
        modelled.resource_id
    from resources
    left join modelled
        on
            resources.source_record_id = modelled.source_record_id
            and resources.resource_type = modelled.resource_type
),

-- The newest word on each resource; most came once.
repeated as (
    select
        source_system,
        feed,
        resource_type,
        fhir_id
    from joined
    group by all
    having count(*) > 1
),

found as (
    select * from joined
    anti join repeated using (source_system, feed, resource_type, fhir_id)
    union all
    select * from joined
    semi join repeated using (source_system, feed, resource_type, fhir_id)
    qualify
        row_number() over (
            partition by source_system, feed, resource_type, fhir_id
            order by {{ newest_first(place=0) }}
        ) = 1
),

shared as (
    select
        resource_type,
        resource_id,
        source_system,
        feed
    from found
    where
        resource_id is not null
        and resource_type not in ('Patient', 'Practitioner', 'Organization', 'Location')
    group by all
    having count(*) > 1
),

others as (
    select source_record_id from found
    where resource_id is null
    union all
    select source_record_id from found
    semi join shared using (resource_type, resource_id, source_system, feed)
    qualify
        row_number() over (
            partition by resource_type, resource_id, source_system, feed
            order by {{ newest_first(place=0) }}
        ) > 1
),

placed as (
    select
        *,
        source_record_id in (select others.source_record_id from others) as is_other
    from found
)

select
    * exclude (resource_id),
    case
        when is_other
            then {{ uuid_v5_of_name("resource_type || chr(31) || source_system || chr(31) || feed || '|' || fhir_id") }}
        else resource_id
    end as resource_id
from placed
