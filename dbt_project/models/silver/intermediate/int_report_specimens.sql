-- Which specimens a report is about.
with specimens as (
    select * from {{ ref('int_specimen_versions') }}
    where report_source_key is not null
),

reports as (
    select * from {{ ref('int_diagnostic_report_keys') }}
)

select
    reports.diagnostic_report_id,
    list_sort(list(distinct specimens.specimen_id)) as specimen_ids
from specimens
inner join reports
    on specimens.source_system = reports.source_system and specimens.report_source_key = reports.report_source_key
group by reports.diagnostic_report_id
