with patients as (
    select * from {{ ref('patient') }}
),

-- Every number of the person in every system, but neither account numbers (they tell visits apart, not
-- people) nor the social security number, which no use of the mart needs (minimum necessary,
-- 45 CFR 164.502(b)).
numbers as (
    select distinct
        patients.patient_id,
        unnest(patients.identifiers) as identifier
    from patients
),

identifiers as (
    select
        patient_id,
        list({
            'source_system': identifier.source_system,
            'authority': identifier.authority,
            'type': identifier.type,
            'value': identifier.value
        } order by identifier.source_system, identifier.authority, identifier.value, identifier.type) as identifiers
    from numbers
    where identifier.value is not null and coalesce(identifier.type, '') not in ('AN', 'SS')
    group by patient_id
),

lives as (
    select
        *,
        case when deceased_at < {{ as_of_end() }} then {{ local_date('deceased_at') }} end as death_date
    from patients
)

select
    lives.patient_id,
    lives.family,
    lives.given,
    lives.middle,
    lives.suffix,
    nullif(concat_ws(' ', lives.given, lives.middle, lives.family, lives.suffix), '') as full_name,
    lives.birth_date,
    -- At the as-of date, or at death; none before birth.
    case
        when lives.birth_date <= {{ as_of_date() }}
            then
                cast({{ age_in_years('lives.birth_date', 'least(' ~ as_of_date() ~ ', lives.death_date)') }} as integer)
    end as age_years,
    lives.sex,
    lives.race_code,
    lives.ethnicity_code,
    lives.language,
    lives.marital_status,
    -- A death without a date is known of, not when: it counts.
    lives.death_date is not null or (coalesce(lives.is_deceased, false) and lives.deceased_at is null) as is_deceased,
    lives.death_date,
    lives.phone,
    lives.email,
    lives.address_line,
    lives.city,
    lives.state,
    lives.postal_code,
    lives.county_fips,
    coalesce(identifiers.identifiers, []) as identifiers,
    lives.source_system,
    lives.source_systems
from lives
left join identifiers on lives.patient_id = identifiers.patient_id
