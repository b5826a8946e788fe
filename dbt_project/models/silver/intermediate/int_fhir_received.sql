-- noqa: disable=RF01, RF02
-- The linter takes a lambda's parameter for a table's column.
with resources as (
    select
        source_system,
        feed,
        resource_type,
        coalesce(fhir_id, source_record_id) as fhir_id,
        source_record_id,
        message_at,
        received_at,
        record_index,
        string_split(
            {{ fhir_numbers_kept("cast(json(cast(resource as varchar)) as varchar)") }}, '"reference":"'
        ) as parts
    from {{ ref('stg_fhir__resources') }}
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
        resources.source_record_id as received_record_id,
        count(*) over (
            partition by resources.source_system, resources.feed, resources.resource_type, resources.fhir_id
        ) as received_versions,
        row_number() over (
            partition by resources.source_system, resources.feed, resources.resource_type, resources.fhir_id
            order by {{ newest_first('resources', place=0) }}
        ) = 1 as received_is_newest,
        case
            when targets.target_of is null then array_to_string(resources.parts, '"reference":"')
            else resources.parts[1] || array_to_string(list_transform(
                list_zip(
                    resources.parts[2:],
                    list_transform(
                        resources.parts[2:], lambda part: regexp_extract(part, {{ fhir_reference_pattern() }}, 1)
                    )
                ),
                lambda one: '"reference":"' || coalesce(targets.target_of[one[2]] || substr(one[1], length(one[2]) + 1), one[1])
            ), '')
        end as received_resource
    from resources
    left join targets on resources.source_record_id = targets.source_record_id
)

select * from final
