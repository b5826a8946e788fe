select
    source_system,
    source_key as report_source_key,
    min(diagnostic_report_id) as diagnostic_report_id
from {{ ref('int_diagnostic_report_versions') }}
where source_key is not null
group by source_system, source_key
