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

versions as (
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
    from coded
    {{ join_encounter('coded') }}
    where canonical is not null
),

keyed as (
    select
        *,
        {{ fact_key() }} as match_key
    from versions
),

procedures as (
    {{ merged('keyed', [
        'patient_id', 'encounter_id', 'code_system', 'code', 'code_display', 'codings', 'status', 'performed_at',
        'performed_at_precision', 'performed_date', 'practitioner_key',
        'received',
    ], together=['code_system', 'code', 'codings'], nulls=true) }}
),

identified as (
    select
        *,
        {{ uuid_v5('Procedure', "'key'", 'match_key') }} as procedure_id,
        {{ practitioner_id('practitioner_key') }} as practitioner_id
    from procedures
),

final as (
    select
        procedure_id,
        patient_id,
        encounter_id,
        code_system,
        code,
        code_display,
        codings,
        status,
        performed_at,
        performed_at_precision,
        performed_date,
        practitioner_id,
        {{ silver_provenance() }},
        {{ fhir_with_received(fhir_object({
            'resourceType': fhir_constant('Procedure'),
            'id': fhir_token('procedure_id'),
            'meta': fhir_meta(),
            'status': "coalesce(" ~ fhir_token('status') ~ ", '\"unknown\"')",
            'code': fhir_concept_of('codings', 'code_display'),
            'subject': fhir_subject(),
            'encounter': fhir_reference('Encounter', 'encounter_id'),
            'performedDateTime': "coalesce(" ~ fhir_at('performed_at', 'performed_at_precision') ~ ", " ~ fhir_on('performed_date') ~ ")",
            'performer': fhir_array(["case when practitioner_id is not null then " ~ fhir_object({'actor': fhir_reference('Practitioner', 'practitioner_id')}) ~ " end"]),
        }), {'performedDateTime': ['performedPeriod', 'performedString', 'performedAge', 'performedRange']}) }} as fhir_json
    from identified
)

select * from final
