-- noqa: disable=LT02
-- Every word on a specimen with its key: the filler's number, else the placer's, under its authority (else within
-- the person); without a number, the source's own key within the person.
with sources as (
    {{ int_with_patient('specimen', ['hl7v2', 'fhir']) }}
),

coded as (
    select
        sources.*,
        {{ canonical_coding('sources.codings', ['http://snomed.info/sct', 'http://terminology.hl7.org/CodeSystem/v2-0487']) }}
            as canonical
    from sources
    {{ join_code_map('sources') }}
),

keyed as (
    select
        * exclude (canonical) replace ({{ with_canonical('canonical', 'codings') }} as codings),
        canonical."system" as code_system,
        canonical.code as code,
        canonical.display as code_display,
        case
            when filler_specimen_id is not null
                then concat_ws(chr(31), 'filler', coalesce({{ namespace_key('filler_namespace') }}, {{ person_scope() }}), filler_specimen_id)
            when placer_specimen_id is not null
                then concat_ws(chr(31), 'placer', coalesce({{ namespace_key('placer_namespace') }}, {{ person_scope() }}), placer_specimen_id)
            else concat_ws(chr(31), 'source', source_system, {{ person_scope() }}, source_key)
        end as match_key,
        0 as lead_order
    from {{ displayed('coded') }} as coded
)

select
    *,
    {{ uuid_v5('Specimen', "'key'", 'match_key') }} as specimen_id
from keyed
