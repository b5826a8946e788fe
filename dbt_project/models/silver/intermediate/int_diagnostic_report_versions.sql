-- noqa: disable=LT02
-- Every word on a report with its key: the filler's order number under its authority (else within the
-- person) and what was reported; without a number, the source's own key.
with sources as (
    {{ int_with_patient('diagnostic_report', ['hl7v2', 'fhir']) }}
),

coded as (
    select
        sources.*,
        {{ canonical_coding('sources.codings', ['http://loinc.org']) }} as canonical
    from sources
    {{ join_code_map('sources') }}
),

keyed as (
    select
        * replace ({{ with_canonical('canonical', 'codings') }} as codings),
        case
            when filler_order_number is not null then concat_ws(
                chr(31), 'order', coalesce({{ namespace_key('filler_namespace') }}, {{ person_scope() }}),
                filler_order_number, coalesce(canonical.code, canonical.display)
            )
            else concat_ws(chr(31), 'source', source_system, source_key)
        end as match_key,
        case when int_format = 'hl7v2' then 0 else 1 end as lead_order
    from {{ displayed('coded') }} as coded
)

-- Without what only made the key.
select
    * exclude (canonical, local_system, local_code),
    {{ uuid_v5('DiagnosticReport', "'key'", 'match_key') }} as diagnostic_report_id
from keyed
