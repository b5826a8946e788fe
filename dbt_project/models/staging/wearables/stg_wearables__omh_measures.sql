-- noqa: disable=AM04
with points as (
    select * from {{ ref('stg_wearables__omh_datapoints') }}
),

-- Every element of a body that is a number or has a value: {"heart_rate": {"value": 50, "unit": "beats/min"}},
-- or {"step_count": 6000} before version 3.0.
elements as (
    select
        * exclude (body),
        body,
        unnest(json_keys(body)) as measure
    from points
),

valued as (
    select
        * exclude (body),
        json_extract(body, '$."' || measure || '"') as element
    from elements
    where measure not in ('effective_time_frame', 'header', 'body')
)

select
    * exclude (element),
    coalesce(
        element ->> '$.value', case when json_type(element) in ('BIGINT', 'UBIGINT', 'DOUBLE') then element ->> '$' end
    )
        as original_value,
    try_cast(
        coalesce(
            element ->> '$.value',
            case when json_type(element) in ('BIGINT', 'UBIGINT', 'DOUBLE') then element ->> '$' end
        )
        as double
    ) as value,
    element ->> '$.unit' as unit,
    case when measure = 'activity_name' then element ->> '$' end as value_text
from valued
where
    json_type(element, '$.value') is not null
    or json_type(element) in ('BIGINT', 'UBIGINT', 'DOUBLE')
    or measure = 'activity_name'
