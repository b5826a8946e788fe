{{ config(materialized='view') }}
with answers as (
    select * from {{ ref('stg_public_health__sdoh_answers') }}
),

final as (
    select
        {{ csv_int_provenance() }},
        'STATEIIS' as id_authority,
        registry_id as id_value,
        case when not regexp_matches(question_code, '^[0-9]{1,7}-[0-9]$') then instrument end as local_system,
        case when not regexp_matches(question_code, '^[0-9]{1,7}-[0-9]$') then question_code end as local_code,
        [struct_pack(
            "system" := case
                when regexp_matches(question_code, '^[0-9]{1,7}-[0-9]$') then 'http://loinc.org'
                else {{ local_system_uri('source_system', "coalesce(instrument, 'screening')") }}
            end,
            code := question_code,
            display := question_text
        )] as codings,
        -- A question may be answered by several choices at once.
        concat_ws('|', screening_id, question_code, answer_code) as source_key,
        'survey' as category,
        'final' as status,
        screened_at as effective_at,
        'second' as effective_at_precision,
        screened_at as issued_at,
        'CodeableConcept' as value_type,
        answer_text as value_text,
        case
            when regexp_matches(answer_code, '^LA[0-9]+-[0-9]$') then 'http://loinc.org'
            when answer_code is not null then {{ local_system_uri('source_system', "coalesce(instrument, 'screening')") }}
        end as value_code_system,
        answer_code as value_code,
        answer_text as value_code_display,
        coalesce(answer_code, answer_text) as original_value,
        {{ organization_key('null', 'source_system', 'null', 'screener_org') }} as organization_key
    from answers
    where screening_id is not null and question_code is not null
)

{{ int_select('observation', 'final', absent=[
    'filler_order_number', 'filler_namespace', 'placer_order_number', 'sub_id', 'report_source_key', 'visit_number',
    'visit_namespace', 'value_quantity', 'value_unit', 'value_comparator', 'value_at', 'value_at_precision',
    'original_unit', 'interpretation', 'reference_low', 'reference_high', 'reference_text', 'note',
    'practitioner_key', 'device']) }}
