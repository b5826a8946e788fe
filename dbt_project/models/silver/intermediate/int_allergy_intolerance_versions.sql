-- One row per person and substance: by its code in a vocabulary that systems share, else by its name, for a
-- system's own code says nothing to another.
with sources as (
    {{ int_with_patient('allergy_intolerance', ['hl7v2', 'fhir']) }}
),

coded as (
    select
        sources.*,
        {{ canonical_coding('sources.codings', ['http://www.nlm.nih.gov/research/umls/rxnorm', 'http://snomed.info/sct']) }} as canonical
    from sources
    {{ join_code_map('sources') }}
),

versions as not materialized (
    select
        * replace ({{ with_canonical('canonical', 'codings') }} as codings),
        canonical."system" as code_system,
        canonical.code as code,
        canonical.display as code_display,
        concat_ws(
            chr(31), {{ person_scope() }},
            case
                when canonical.code is null or canonical.display is null
                    then coalesce(canonical."system" || chr(31) || canonical.code, upper(canonical.display))
                when starts_with(canonical."system", 'http://') then canonical."system" || chr(31) || canonical.code
                else upper(canonical.display)
            end
        ) as base_key,
        0 as lead_order
    from {{ displayed('coded') }} as coded
    where canonical is not null
),

keyed as (
    {{ with_fact_key('versions') }}
)

-- Without what only made the key: nobody reads it again.
select
    * exclude (
        base_key, canonical, source_key, feed, local_system, local_code, id_authority, id_value
    )
from keyed
