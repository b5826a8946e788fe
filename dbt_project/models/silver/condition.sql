-- One condition of an encounter is one row, whoever says it (EHR, billing, claim): same person, code and day
-- on which the encounter began; where one system tells of several encounters of that day with this code, one
-- row each, and a claim goes with the first. A problem-list item is one row per person and code. Two resources of one FHIR
-- feed stay two: onset, body site or the lesson of a relapse may differ.
{%- set sources = ['hl7v2', 'fhir', 'x12'] %}
with sources as (
    {{ int_with_patient('condition', sources) }}
),

coded as (
    select
        sources.*,
        {{ canonical_coding('sources.codings', ['http://hl7.org/fhir/sid/icd-10-cm', 'http://snomed.info/sct']) }} as canonical
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
            chr(31), {{ person_scope('coded.') }}, category, canonical."system",
            upper(coalesce(replace(canonical.code, '.', ''), canonical.display)), encounter_date
        ) as day_key,
        case source_system when 'claims' then 2 when 'billing' then 1 else 0 end as lead_order
    from coded
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

based as (
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
    select
        *,
        {{ fact_key() }} as match_key
    from based
),

conditions as (
    {{ merged('keyed', [
        'patient_id', 'encounter_id', 'code_system', 'code', 'code_display', 'codings', 'category', 'clinical_status',
        'verification_status', 'onset_date', 'abatement_date', 'recorded_date', 'practitioner_key',
        'received',
    ], together=['code_system', 'code', 'codings', 'verification_status'], nulls=true) }}
),

identified as (
    select
        *,
        {{ uuid_v5('Condition', "'key'", 'match_key') }} as condition_id,
        {{ practitioner_id('practitioner_key') }} as practitioner_id
    from conditions
),

final as (
    select
        condition_id,
        patient_id,
        encounter_id,
        code_system,
        code,
        code_display,
        codings,
        category,
        case
            when verification_status = 'entered-in-error' then null
            -- A billed or charted diagnosis is one that is there; a resource that gives no status says no such thing.
            when received is null then coalesce(clinical_status, 'active')
            else clinical_status
        end as clinical_status,
        verification_status,
        onset_date,
        abatement_date,
        recorded_date,
        practitioner_id,
        {{ silver_provenance() }},
        {{ fhir_with_received(fhir_object({
            'resourceType': fhir_constant('Condition'),
            'id': fhir_token('condition_id'),
            'meta': fhir_meta(),
            'clinicalStatus': "case when verification_status is distinct from 'entered-in-error' then " ~ fhir_codeable_concept("case when received is null or clinical_status is not null then 'http://terminology.hl7.org/CodeSystem/condition-clinical' end", "case when received is null then coalesce(clinical_status, 'active') else clinical_status end") ~ " end",
            'verificationStatus': "case when verification_status is not null then " ~ fhir_codeable_concept("'http://terminology.hl7.org/CodeSystem/condition-ver-status'", 'verification_status') ~ " end",
            'category': fhir_array([fhir_codeable_concept("'http://terminology.hl7.org/CodeSystem/condition-category'", 'category')]),
            'code': fhir_concept_of('codings', 'code_display'),
            'subject': fhir_subject(),
            'encounter': fhir_reference('Encounter', 'encounter_id'),
            'onsetDateTime': fhir_on("coalesce(onset_date, case when received is null then recorded_date end)"),
            'abatementDateTime': fhir_on('abatement_date'),
            'recordedDate': fhir_on('recorded_date'),
            'recorder': fhir_reference('Practitioner', 'practitioner_id'),
        }), {'onsetDateTime': ['onsetAge', 'onsetPeriod', 'onsetRange', 'onsetString'],
            'abatementDateTime': ['abatementAge', 'abatementPeriod', 'abatementRange', 'abatementString']}) }} as fhir_json
    from identified
)

select * from final
