-- RxNorm's drugs and what is in them: by the release in use, else by the shelf that ships with us.
{%- set rxnorm = "http://www.nlm.nih.gov/research/umls/rxnorm" %}
with loaded as (
    select
        ingredients.rxcui,
        ingredients.ingredient_rxcui
    from {{ ref('stg_terminology__drug_ingredients') }} as ingredients
    inner join {{ ref('stg_terminology__code_releases') }} as releases on ingredients.release_id = releases.release_id
    where releases.is_current
),

names as (
    select * from {{ ref('int_code_display') }}
    where code_system = '{{ rxnorm }}'
),

-- A kit of several drugs has several ingredients and no code for all of them: their names stand together.
gathered as (
    select
        loaded.rxcui,
        case when count(*) = 1 then min(loaded.ingredient_rxcui) end as ingredient_rxcui,
        string_agg(names.code_display, ' / ' order by names.code_display) as ingredient_name
    from loaded
    left join names on loaded.ingredient_rxcui = names.comparable_code
    group by loaded.rxcui
),

shipped as (
    select distinct
        rxcui,
        drug_name,
        ingredient_rxcui,
        ingredient_name
    from {{ ref('ndc_rxnorm') }}
    where rxcui not in (select gathered.rxcui from gathered)
)

select
    gathered.rxcui,
    names.code_display as drug_name,
    gathered.ingredient_rxcui,
    gathered.ingredient_name
from gathered
left join names on gathered.rxcui = names.comparable_code
union all by name
select * from shipped
