-- What codes mean: every release that was loaded, and what ships with us in our own words.
with releases as (
    select * from {{ ref('stg_terminology__code_releases') }}
),

relations as (
    select
        release_id,
        code_system,
        code,
        list(target_code order by target_code) filter (relation = 'parent') as parent_codes,
        min(target_code) filter (relation = 'replaced-by') as replaced_by_code
    from {{ ref('stg_terminology__concept_relations') }}
    where relation in ('parent', 'replaced-by')
    group by release_id, code_system, code
),

loaded as (
    select
        concepts.code_system,
        concepts.code,
        releases.release,
        concepts.release_id,
        concepts.code_display,
        concepts.concept_class,
        concepts.is_active,
        concepts.is_selectable,
        coalesce(relations.parent_codes, []) as parent_codes,
        relations.replaced_by_code,
        releases.is_current,
        false as is_shipped
    from {{ ref('stg_terminology__concepts') }} as concepts
    inner join releases on concepts.release_id = releases.release_id
    left join relations
        on
            concepts.release_id = relations.release_id
            and concepts.code_system = relations.code_system
            and concepts.code = relations.code
),

words as (
    select
        code_system,
        code,
        display as code_display,
        0 as origin
    from {{ ref('code_display') }}
    union all by name
    select
        'http://www.nlm.nih.gov/research/umls/rxnorm' as code_system,
        rxcui as code,
        drug_name as code_display,
        1 as origin
    from {{ ref('ndc_rxnorm') }}
    union all by name
    select
        'http://www.nlm.nih.gov/research/umls/rxnorm' as code_system,
        ingredient_rxcui as code,
        ingredient_name as code_display,
        2 as origin
    from {{ ref('ndc_rxnorm') }}
    union all by name
    select
        target_system as code_system,
        target_code as code,
        target_display as code_display,
        3 as origin
    from {{ ref('local_code_map') }}
    where target_system <> 'http://unitsofmeasure.org'
),

shipped as (
    select
        code_system,
        code,
        'shipped' as release,
        'shipped' as release_id,
        code_display,
        cast(null as varchar) as concept_class,
        true as is_active,
        true as is_selectable,
        cast([] as varchar[]) as parent_codes,
        cast(null as varchar) as replaced_by_code,
        true as is_current,
        true as is_shipped
    from words
    qualify row_number() over (partition by code_system, code order by origin, code_display) = 1
),

united as (
    select * from loaded
    union all by name
    select * from shipped
)

select
    code_system || '|' || code || '|' || release_id as code_system_concept_id,
    code_system,
    code,
    release,
    release_id,
    code_display,
    concept_class,
    is_active,
    is_selectable,
    parent_codes,
    replaced_by_code,
    is_current,
    is_shipped,
    -- A code that the release in use no longer has is still called what an older one called it.
    row_number() over (
        partition by code_system, code order by not is_shipped and is_current desc, is_shipped asc, release desc, release_id desc
    ) = 1 as is_preferred
from united
