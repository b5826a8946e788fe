-- A vaccination is one row per person, vaccine and day.
with sources as (
    {{ int_with_patient('immunization', ['hl7v2', 'fhir']) }}
),

versions as not materialized (
    select
        sources.*,
        visits.encounter_id,
        concat_ws(chr(31), {{ person_scope() }}, coalesce(cvx_code, codings[1].code, codings[1].display), coalesce(cast(occurrence_date as varchar), source_key)) as base_key,
        -- Who gave it before who was told.
        case when primary_source then 0 else 1 end as lead_order
    from sources
    {{ join_encounter('sources') }}
    where cvx_code is not null or len(codings) > 0
),

keyed as (
    {{ with_fact_key('versions') }}
)

-- Without what only made the key: nobody reads it again.
select
    * exclude (
        base_key, source_key, feed, local_system, local_code, visit_number, visit_namespace, id_authority, id_value
    )
from keyed
