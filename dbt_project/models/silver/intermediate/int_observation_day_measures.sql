-- noqa: disable=LT02
-- What all days of a source say alike of a measure: made once, with its JSON.
{%- set measures = daily_measures() %}
with measures as (
    {%- for column, (code, display, unit, category) in measures.items() %}
    select
        '{{ column }}' as measure,
        '{{ category }}' as category,
        [struct_pack("system" := 'http://loinc.org', code := '{{ code }}', display := '{{ display }}')] as codings,
        '{{ code }}' as loinc_code,
        '{{ unit }}' as value_unit
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- What each source's measure is called, and in which unit it is kept.
sources as (
    select
        systems.source_system,
        measures.*,
        null::varchar as local_system,
        null::varchar as local_code
    from (select distinct source_system from {{ ref('stg_wearables__daily_activity') }}) as systems
    cross join measures
),

coded as (
    {{ coded_observations('sources') }}
),

defined as (
    select
        coded.* exclude (canonical, codings, local_system, local_code),
        canonical."system" as code_system,
        canonical.code as code,
        canonical.display as code_display,
        {{ with_canonical('canonical', 'codings') }} as codings
    from {{ displayed('coded') }} as coded
),

final as (
    select
        *,
        {{ fhir_array([fhir_codeable_concept("'http://terminology.hl7.org/CodeSystem/observation-category'", 'category')]) }} as category_json,
        coalesce({{ fhir_concept_of('codings', 'code_display') }}, '{"text":"unknown"}') as code_json,
        {{ fhir_members({
            'unit': fhir_string('ucum'),
            'system': "case when " ~ is_ucum('ucum') ~ " then " ~ fhir_token("'http://unitsofmeasure.org'") ~ " end",
            'code': fhir_code('case when ' ~ is_ucum('ucum') ~ ' then ucum end'),
        }) }} as unit_json
    from ({{ with_analyte('defined') }}) as analysed
)

select * from final
