-- One condition of an encounter is one row, whoever says it (EHR, billing, claim): same person, code and day
-- on which the encounter began; where one system tells of several encounters of that day with this code, one
-- row each, and a claim goes with the first. A problem-list item is one row per person and code. Two resources of one FHIR
-- feed stay two: onset, body site or the lesson of a relapse may differ.
{%- set sources = ['hl7v2', 'problems', 'fhir', 'x12'] %}
with sources as (
    {{ int_with_patient('condition', sources) }}
),

coded as (
    select
        sources.*,
        {{ canonical_coding('sources.codings', ['http://hl7.org/fhir/sid/icd-10-cm', 'http://snomed.info/sct'], crosswalk=true) }} as canonical
    from sources
    {{ join_code_map('sources') }}
    -- ICD-10-CM where a loaded map gives it; what was said stands beside it.
    {{ join_crosswalk('sources', ['http://snomed.info/sct', 'http://hl7.org/fhir/sid/icd-9-cm'], 'http://hl7.org/fhir/sid/icd-10-cm') }}
),

versions as (
    select
        coded.* replace ({{ with_canonical('canonical', 'codings') }} as codings),
        visits.encounter_id,
        canonical."system" as code_system,
        canonical.code as code,
        canonical.display as code_display,
        concat_ws(
            chr(31), {{ person_scope('coded.') }}, category, canonical."system",
            upper(coalesce(replace(canonical.code, '.', ''), canonical.display)), encounter_date
        ) as day_key,
        case source_system when 'claims' then 2 when 'billing' then 1 else 0 end as lead_order
    from {{ displayed('coded') }} as coded
    {{ join_encounter('coded') }}
    where canonical is not null
),

visits_of_day as (
    select
        day_key,
        min(first_encounter_id) as first_encounter_id
    from (
        select
            day_key,
            source_system,
            count(distinct encounter_id) as encounter_count,
            min(encounter_id) as first_encounter_id
        from versions
        where encounter_id is not null and category = 'encounter-diagnosis'
        group by day_key, source_system
    ) as by_source
    where encounter_count > 1
    group by day_key
),

based as not materialized (
    select
        versions.*,
        concat_ws(
            chr(31), versions.day_key,
            case
                when visits_of_day.day_key is not null
                    then cast(coalesce(versions.encounter_id, visits_of_day.first_encounter_id) as varchar)
            end
        ) as base_key
    from versions
    left join visits_of_day on versions.day_key = visits_of_day.day_key
),

keyed as (
    {{ with_fact_key('based') }}
)

-- Without what only made the key: nobody reads it again.
select
    * exclude (
        base_key, day_key, canonical, source_key, feed, local_system, local_code, visit_number, visit_namespace,
        encounter_date, id_authority, id_value
    )
from keyed
