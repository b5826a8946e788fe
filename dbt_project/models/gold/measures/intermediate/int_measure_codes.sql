-- Which codes a value set has: the newest release that was loaded; where none was, our own starter set; and the
-- codes that measures name directly.
with loaded as (
    select * from {{ ref('value_set_code') }}
),

releases as (
    select * from {{ ref('value_set') }}
    where is_current
),

names as (
    select distinct
        value_set,
        oid
    from {{ ref('measure_value_sets_used') }}
),

official as (
    select
        names.value_set,
        loaded.code_system,
        loaded.code
    from loaded
    inner join releases on loaded.oid = releases.oid and loaded.version = releases.version
    inner join names on loaded.oid = names.oid
),

starter as (
    select * from {{ ref('starter_value_sets') }}
    where value_set not in (select official.value_set from official)
),

direct as (
    select * from {{ ref('int_measure_direct_codes') }}
),

united as (
    select
        value_set,
        code_system,
        code,
        'loaded' as origin
    from official
    union all by name
    select
        *,
        'starter' as origin
    from starter
    union all by name
    select
        *,
        'direct' as origin
    from direct
)

select
    value_set,
    code_system,
    {{ comparable_code('code') }} as comparable_code,
    min(origin) as origin
from united
group by value_set, code_system, {{ comparable_code('code') }}
