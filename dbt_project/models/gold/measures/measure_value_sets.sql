-- Which value sets a measure stands on: the official release that was loaded, our own starter set, or nothing at all.
with used as (
    select * from {{ ref('measure_value_sets_used') }}
),

releases as (
    select * from {{ ref('value_set') }}
    where is_current
),

codes as (
    select
        value_set,
        count(*) filter (origin = 'loaded') as loaded_count,
        count(*) filter (origin = 'starter') as starter_count
    from {{ ref('int_measure_codes') }}
    group by value_set
),

final as (
    select
        used.measure_id,
        used.value_set,
        used.oid,
        releases.title,
        releases.version as release,
        case
            when codes.loaded_count > 0 then 'loaded'
            when codes.starter_count > 0 then 'starter'
            else 'missing'
        end as origin,
        cast(coalesce(nullif(codes.loaded_count, 0), codes.starter_count, 0) as integer) as code_count,
        coalesce(codes.loaded_count, 0) = 0 and coalesce(codes.starter_count, 0) = 0 as is_missing,
        coalesce(releases.is_complete, false) as is_complete,
        case
            when releases.problem is not null then releases.problem
            when codes.loaded_count > 0 then null
            when codes.starter_count > 0 then 'only our starter set: load the official value set for official results'
            else 'not loaded: what depends on it counts nobody'
        end as problem
    from used
    left join releases on used.oid = releases.oid
    left join codes on used.value_set = codes.value_set
)

select * from final
