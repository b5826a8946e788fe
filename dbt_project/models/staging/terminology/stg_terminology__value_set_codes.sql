select
    oid,
    version,
    system as code_system,
    code,
    display as code_display
from {{ source('terminology', 'value_set_codes') }}
