-- Fills of the medicines whose taking is measured. A product of several ingredients is in the class of each.
with dispenses as (
    select
        medication_dispense_id,
        patient_id,
        coalesce(dispensed_date, {{ local_date('when_handed_over_at', 'when_handed_over_at_precision') }}) as dispensed_date,
        days_supply,
        lower(ingredient_display) as product
    from {{ ref('medication_dispense') }}
    where
        status = 'completed'
        and patient_id is not null
        and days_supply > 0
        and ingredient_display is not null
),

ingredients as (
    select
        *,
        trim(unnest(string_split(product, ' / '))) as ingredient
    from dispenses
)

select distinct
    drugs.drug_class,
    ingredients.medication_dispense_id,
    ingredients.patient_id,
    ingredients.product,
    ingredients.dispensed_date,
    ingredients.days_supply
from ingredients
inner join {{ ref('adherence_drugs') }} as drugs on ingredients.ingredient = drugs.ingredient
where ingredients.dispensed_date <= {{ as_of_date() }}
