select
    source_system,
    report_source_key,
    list_sort(list(distinct service_request_id)) as service_request_ids
from {{ ref('int_service_request_versions') }}
where report_source_key is not null
group by source_system, report_source_key
