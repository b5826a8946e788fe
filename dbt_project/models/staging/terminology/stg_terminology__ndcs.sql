select
    family,
    release_id,
    ndc_text,
    {{ ndc_11('ndc_text') }} as ndc_11,
    rxcui,
    given_by,
    is_active
from {{ source('terminology', 'ndcs') }}
