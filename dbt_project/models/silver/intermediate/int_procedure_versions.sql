-- A procedure is one row per person, code and day, whoever says it (EHR, claim).
with sources as (
    {{ int_with_patient('procedure', ['hl7v2', 'fhir', 'x12']) }}
),

coded as (
    select
        sources.*,
        {{ canonical_coding('sources.codings', [
            'http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets', 'http://www.ama-assn.org/go/cpt',
            'http://www.cms.gov/Medicare/Coding/ICD10', 'http://snomed.info/sct',
        ]) }} as canonical
    from sources
    {{ join_code_map('sources') }}
),

versions as not materialized (
    select
        coded.* replace ({{ with_canonical('canonical', 'codings') }} as codings),
        visits.encounter_id,
        canonical."system" as code_system,
        canonical.code as code,
        canonical.display as code_display,
        concat_ws(
            chr(31), {{ person_scope('coded.') }}, canonical."system", upper(coalesce(canonical.code, canonical.display)),
            coalesce(cast(performed_date as varchar), source_key)
        ) as base_key,
        case source_system when 'claims' then 1 else 0 end as lead_order
    from {{ displayed('coded') }} as coded
    {{ join_encounter('coded') }}
    where canonical is not null
),

keyed as (
    {{ with_fact_key('versions') }}
)

-- Without what only made the key: nobody reads it again.
select
    * exclude (
        base_key, canonical, source_key, feed, local_system, local_code, visit_number, visit_namespace, id_authority,
        id_value
    )
from keyed
