{{ config(materialized='view') }}
-- The diagnoses of an encounter by HL7's Version 2 to FHIR (DG1[Encounter]): DG1-15 is their rank, DG1-6 (table 0052)
-- what for; the newest word counts. What was entered in error is none.
with said as (
    select
        encounter_id,
        match_key,
        arg_max(diagnosis_rank, {{ word_order() }}) as diagnosis_rank,
        arg_max(diagnosis_use, {{ word_order() }}) as diagnosis_use
    from {{ ref('int_condition_versions') }}
    where int_format = 'hl7v2' and encounter_id is not null and category = 'encounter-diagnosis'
    group by encounter_id, match_key
),

keyed as (
    select
        *,
        {{ uuid_v5('Condition', "'key'", 'match_key') }} as condition_id
    from said
),

final as (
    select
        keyed.encounter_id,
        {{ list_in_order(
            "{'condition_id': keyed.condition_id, 'diagnosis_rank': case when keyed.diagnosis_rank > 0 then keyed.diagnosis_rank end, 'diagnosis_use': keyed.diagnosis_use}",
            "{'is_unranked': keyed.diagnosis_rank is null, 'rank': keyed.diagnosis_rank, 'condition_id': keyed.condition_id}"
        ) }} as diagnoses
    from keyed
    inner join {{ ref('condition') }} as conditions
        on keyed.condition_id = conditions.condition_id and keyed.encounter_id = conditions.encounter_id
    where conditions.verification_status is distinct from 'entered-in-error'
    group by keyed.encounter_id
)

select * from final
