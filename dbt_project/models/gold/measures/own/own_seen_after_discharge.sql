-- OWN-1, an example of an organisation's own measure: adults who go home from hospital are seen within 14 days.
with patients as (
    select * from {{ ref('int_measure_patients') }}
),

encounters as (
    select
        encounter_id,
        patient_id,
        class_code,
        {{ local_date('start_at', 'start_at_precision') }} as start_date,
        {{ local_date('end_at', 'end_at_precision') }} as end_date
    from {{ ref('encounter') }}
    where status = 'finished'
),

discharges as (
    select
        encounters.*,
        encounters.encounter_id as episode_id,
        'discharge in the period' as criterion,
        'Encounter' as resource_type,
        encounters.encounter_id as resource_id,
        encounters.end_date as event_date,
        patients.deceased_date
    from encounters
    inner join patients on encounters.patient_id = patients.patient_id
    where
        encounters.class_code in ('IMP', 'ACUTE')
        and {{ in_period('encounters.end_date') }}
        and encounters.end_date + 14 <= {{ as_of_date() }}
        and {{ age_in_years('patients.birth_date', 'encounters.end_date') }} >= 18
),

-- What kept somebody from being seen: death, or being back in hospital.
exclusions as (
    select discharges.* replace ('died within 14 days' as criterion)
    from discharges
    where discharges.deceased_date <= discharges.end_date + 14
    union all
    select discharges.* replace ('back in hospital within 14 days' as criterion)
    from discharges
    semi join encounters as later
        on
            discharges.patient_id = later.patient_id
            and later.class_code in ('IMP', 'ACUTE')
            and discharges.encounter_id != later.encounter_id
            and later.start_date between discharges.end_date and discharges.end_date + 14
),

numerator as (
    select
        discharges.patient_id,
        discharges.episode_id,
        'seen within 14 days' as criterion,
        'Encounter' as resource_type,
        visits.encounter_id as resource_id,
        visits.start_date as event_date
    from discharges
    inner join encounters as visits on discharges.patient_id = visits.patient_id
    where
        visits.class_code in ('AMB', 'VR', 'HH')
        and visits.start_date > discharges.end_date
        and visits.start_date <= discharges.end_date + 14
),

final as (
    {{ measure_evidence('OWN-1', {1: {
        'initial-population': 'discharges', 'denominator-exclusion': 'exclusions', 'numerator': 'numerator'}},
        episodes=true) }}
)

select * from final
