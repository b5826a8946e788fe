-- Every NDC as a source wrote it → eleven digits → RxNorm's drug and ingredient. Ten digits without hyphens fit three
-- codes: they are the one that is known, if one of the three is; else nobody can say.
with written as (
    select distinct ndc as ndc_text
    from (
        select ndc from {{ ref('int_medication_request_versions') }}
        union all
        select ndc from {{ ref('int_medication_dispense__hl7v2') }}
        union all
        select ndc from {{ ref('int_medication_dispense__csv') }}
        union all
        select ndc from {{ ref('int_medication_dispense__fhir') }}
        union all
        select ndc from {{ ref('int_medication_administration__hl7v2') }}
        union all
        select ndc from {{ ref('int_medication_administration__fhir') }}
        union all
        select ndc from {{ ref('int_medication__fhir') }}
        union all
        select ndc from {{ ref('stg_x12__837_lines') }}
    ) as sources
    where ndc is not null
),

read as (
    select
        ndc_text,
        {{ ndc_written('ndc_text') }} as digits
    from written
),

known as (
    select * from {{ ref('int_ndc_products') }}
),

resolved as (
    select
        candidates.ndc_text,
        count(*) as known_count,
        min(known.ndc_11) as ndc_11
    from (
        select
            ndc_text,
            unnest({{ ndc_of_ten('digits') }}) as candidate
        from read
        where regexp_matches(digits, '^[0-9]{10}$')
    ) as candidates
    inner join known on candidates.candidate = known.ndc_11
    group by candidates.ndc_text
),

coded as (
    select
        read.ndc_text,
        coalesce(
            {{ ndc_of_written('read.digits') }},
            case when resolved.known_count = 1 then resolved.ndc_11 end
        ) as ndc_11,
        case
            when {{ ndc_of_written('read.digits') }} is not null then 'complete'
            when resolved.known_count = 1 then 'resolved'
            when regexp_matches(read.digits, '^[0-9]{10}$') then 'ambiguous'
            else 'invalid'
        end as ndc_status
    from read
    left join resolved on read.ndc_text = resolved.ndc_text
)

select
    coded.ndc_text,
    coded.ndc_11,
    coded.ndc_status,
    known.rxcui,
    known.drug_name,
    known.ingredient_rxcui,
    known.ingredient_name
from coded
left join known on coded.ndc_11 = known.ndc_11
