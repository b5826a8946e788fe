select
    family,
    release_id,
    rxcui,
    ingredient_rxcui
from {{ source('terminology', 'drug_ingredients') }}
