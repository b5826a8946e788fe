-- noqa: disable=LT02
-- Silver's coded resources by what codes they have: those that are the same in all of it are counted together.
{%- set resources = [
    'adverse_event', 'allergy_intolerance', 'charge_item', 'condition', 'device', 'device_request', 'diagnostic_report',
    'document_reference', 'medication', 'medication_administration', 'medication_dispense', 'medication_request',
    'observation', 'procedure', 'service_request', 'specimen', 'task',
] %}
with records as (
    {%- for resource in resources %}
    select
        '{{ resource }}' as resource,
        source_system,
        code_system,
        code,
        code_display,
        codings,
        recorded_at
    from {{ ref(resource) }}
    union all by name
    {%- endfor %}
    select
        'immunization' as resource,
        source_system,
        case when cvx_code is not null then 'http://hl7.org/fhir/sid/cvx' end as code_system,
        cvx_code as code,
        cvx_display as code_display,
        codings,
        recorded_at
    from {{ ref('immunization') }}
)

select
    resource,
    source_system,
    code_system,
    code,
    code_display,
    codings,
    count(*) as record_count,
    min(recorded_at) as first_seen_at,
    max(recorded_at) as last_seen_at
from records
where code is not null or code_display is not null or len(codings) > 0
group by resource, source_system, code_system, code, code_display, codings
