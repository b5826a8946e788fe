select
    oid || '|' || version || '|' || coalesce(code_system, '') || '|' || code as value_set_code_id,
    oid,
    version,
    code_system,
    code,
    code_display
from {{ ref('stg_terminology__value_set_codes') }}
