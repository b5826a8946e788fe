-- Known NDCs: of the release of RxNorm in use, else of the shelf that ships with us.
with loaded as (
    select
        ndcs.ndc_11,
        ndcs.rxcui,
        -- RxNorm's own word on an NDC before that of the source it comes from; one that is sold before one that was.
        case when ndcs.given_by = 'RXNORM' then 0 else 1 end as origin,
        ndcs.is_active
    from {{ ref('stg_terminology__ndcs') }} as ndcs
    inner join {{ ref('stg_terminology__code_releases') }} as releases on ndcs.release_id = releases.release_id
    where releases.is_current and ndcs.ndc_11 is not null
),

shipped as (
    select
        ndc11 as ndc_11,
        rxcui,
        2 as origin,
        true as is_active
    from {{ ref('ndc_rxnorm') }}
),

united as (
    select * from loaded
    union all by name
    select * from shipped
),

drugs as (
    select * from {{ ref('int_drug_ingredients') }}
)

select
    united.ndc_11,
    united.rxcui,
    drugs.drug_name,
    drugs.ingredient_rxcui,
    drugs.ingredient_name
from united
left join drugs on united.rxcui = drugs.rxcui
qualify row_number() over (partition by united.ndc_11 order by united.is_active desc, united.origin asc, united.rxcui asc) = 1
