-- noqa: disable=RF01, RF02
-- The linter takes a lambda's parameter for a table's column.
with resources as not materialized (
    select
        source_system,
        feed,
        resource_type,
        coalesce(fhir_id, source_record_id) as fhir_id,
        source_record_id,
        message_at,
        received_at,
        record_index,
        cast(json(cast(resource as varchar)) as varchar) as resource_json
    from {{ ref('stg_fhir__resources') }}
),

split as (
    select
        source_record_id,
        resource_type,
        string_split({{ fhir_numbers_kept('resource_json') }}, '"reference":"') as parts
    from resources
),

-- Most resources came once.
repeated as (
    select
        source_system,
        feed,
        resource_type,
        fhir_id
    from resources
    group by all
    having count(*) > 1
),

versions as (
    select
        source_record_id,
        count(*) over resource as received_versions,
        row_number() over (resource order by {{ newest_first(place=0) }}) = 1 as received_is_newest
    from resources
    where (source_system, feed, resource_type, fhir_id) in (select (source_system, feed, resource_type, fhir_id) from repeated)
    window resource as (partition by source_system, feed, resource_type, fhir_id)
),

targets as (
    select
        source_record_id,
        map_from_entries(list(struct_pack(k := reference, v := target))) as target_of
    from {{ ref('int_fhir_references') }}
    where target is not null
    group by source_record_id
),

final as (
    select
        split.source_record_id as received_record_id,
        split.resource_type as received_type,
        coalesce(versions.received_versions, 1) as received_versions,
        coalesce(versions.received_is_newest, true) as received_is_newest,
        -- Not within a `case`, which would copy the lists; where nothing is known the parts stay as they are.
        split.parts[1] || array_to_string(list_transform(
            list_zip(
                split.parts[2:],
                list_transform(split.parts[2:], lambda part: regexp_extract(part, {{ fhir_reference_pattern() }}, 1))
            ),
            lambda one: '"reference":"' || coalesce(targets.target_of[one[2]] || substr(one[1], length(one[2]) + 1), one[1])
        ), '') as received_resource
    from split
    left join versions on split.source_record_id = versions.source_record_id
    left join targets on split.source_record_id = targets.source_record_id
)

select * from final
