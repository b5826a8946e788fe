-- What a code is called: by the release of its code system that is in use, else by our own words.
select
    code_system,
    {{ comparable_code('code') }} as comparable_code,
    code_display
from {{ ref('code_system_concept') }}
where is_preferred and code_display is not null
-- Codes that differ only in points or case are one code.
qualify row_number() over (partition by code_system, {{ comparable_code('code') }} order by code) = 1
