-- noqa: disable=LT02
-- Silver's coded resources by what codes they have: those that are the same in all of it are counted together. A code
-- that is not the record's own stands under the element that holds it (`observation.value`).
{%- set resources = [
    'adverse_event', 'allergy_intolerance', 'charge_item', 'condition', 'device', 'device_request', 'diagnostic_report',
    'document_reference', 'medication', 'medication_administration', 'medication_dispense', 'medication_request',
    'observation', 'procedure', 'service_request', 'specimen', 'task',
] %}
with observations as (
    select * from {{ ref('observation') }}
),

encounters as (
    select
        *,
        json_extract_string(fhir_json, '$.type[0].coding[0].system') as type_system,
        json_extract_string(fhir_json, '$.class.system') as class_system
    from {{ ref('encounter') }}
),

claims as (
    select * from {{ ref('claim') }}
    where status = 'active'
),

claim_lines as (
    select
        source_system,
        recorded_at,
        unnest(lines) as line
    from claims
),

claim_diagnoses as (
    select
        source_system,
        recorded_at,
        unnest(diagnoses) as diagnosis
    from claims
),

-- By the system that silver names on the line.
code_map as (
    select
        *,
        {{ local_system_uri('source_system', 'local_system') }} as code_system
    from {{ ref('int_code_map') }}
),

ndcs as (
    select * from {{ ref('int_ndc') }}
),

records as (
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
    union all by name
    select
        'observation.value' as resource,
        source_system,
        value_code_system as code_system,
        value_code as code,
        value_code_display as code_display,
        [struct_pack("system" := value_code_system, code := value_code, display := value_code_display)] as codings,
        recorded_at
    from observations
    where value_code is not null or value_code_display is not null
    union all by name
    select
        'encounter.class' as resource,
        source_system,
        class_system as code_system,
        class_code as code,
        null as code_display,
        [struct_pack("system" := class_system, code := class_code, display := null::varchar)] as codings,
        recorded_at
    from encounters
    where class_code is not null
    union all by name
    select
        'encounter.type' as resource,
        source_system,
        type_system as code_system,
        type_code as code,
        type_display as code_display,
        [struct_pack("system" := type_system, code := type_code, display := type_display)] as codings,
        recorded_at
    from encounters
    where type_code is not null or type_display is not null
    union all by name
    select
        'claim.line' as resource,
        claim_lines.source_system,
        coalesce(code_map.target_system, claim_lines.line.code_system) as code_system,
        coalesce(code_map.target_code, claim_lines.line.code) as code,
        code_map.target_display as code_display,
        [struct_pack("system" := claim_lines.line.code_system, code := claim_lines.line.code, display := null::varchar)] as codings,
        claim_lines.recorded_at
    from claim_lines
    left join code_map
        on
            claim_lines.source_system = code_map.source_system
            and claim_lines.line.code_system = code_map.code_system
            and claim_lines.line.code = code_map.local_code
    where claim_lines.line.code is not null
    union all by name
    -- A drug's code is a public one when RxNorm knows it.
    select
        'claim.line.ndc' as resource,
        claim_lines.source_system,
        case when ndcs.rxcui is null then 'http://hl7.org/fhir/sid/ndc' else 'http://www.nlm.nih.gov/research/umls/rxnorm' end as code_system,
        coalesce(ndcs.rxcui, claim_lines.line.ndc) as code,
        ndcs.drug_name as code_display,
        [struct_pack("system" := 'http://hl7.org/fhir/sid/ndc', code := claim_lines.line.ndc, display := null::varchar)] as codings,
        claim_lines.recorded_at
    from claim_lines
    left join ndcs on claim_lines.line.ndc = ndcs.ndc_text
    where claim_lines.line.ndc is not null
    union all by name
    select
        'claim.diagnosis' as resource,
        source_system,
        diagnosis.code_system,
        diagnosis.code,
        null as code_display,
        [struct_pack("system" := diagnosis.code_system, code := diagnosis.code, display := null::varchar)] as codings,
        recorded_at
    from claim_diagnoses
    where diagnosis.code is not null
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
