{#- The domains of the mart: each is one row per patient at most, and each names its sources. -#}
{%- set domains = {
    'conditions': 'condition',
    'medications': 'medication',
    'allergies': 'allergy',
    'labs': 'lab',
    'visits': 'visit',
    'appointments': 'appointment',
    'coverage': 'coverage',
    'costs': 'cost',
    'social_needs': 'social',
    'wearables': 'wearable',
    'immunizations': 'immunization',
} -%}
{%- set groups = [
    'diabetes', 'hypertension', 'heart_failure', 'copd', 'chronic_kidney_disease', 'depression',
] -%}

with profile as (
    select * from {{ ref('int_patient_profile') }}
),

{% for domain in domains -%}
    {{ domain }} as (
        select * from {{ ref('int_patient_' ~ domain) }}
    ),

{% endfor -%}
measures as (
    select * from {{ ref('int_patient_measures') }}
),

blood_pressure as (
    select * from {{ ref('int_patient_blood_pressure') }}
),

counties as (
    select * from {{ ref('int_county_vulnerability') }}
),

-- From the patient outwards: who is known to exist stays visible where nothing else is known.
final as (
    select
        profile.patient_id,
        profile.family,
        profile.given,
        profile.middle,
        profile.suffix,
        profile.full_name,
        profile.birth_date,
        profile.age_years,
        profile.sex,
        profile.race_code,
        profile.ethnicity_code,
        profile.language,
        profile.marital_status,
        profile.is_deceased,
        profile.death_date,
        profile.phone,
        profile.email,
        profile.address_line,
        profile.city,
        profile.state,
        profile.postal_code,
        profile.county_fips,
        profile.identifiers,
        profile.source_system as profile_source_system,
        counties.county_name,
        counties.svi_overall as county_svi_overall,

        coalesce(conditions.condition_groups, []) as condition_groups,
        {%- for group in groups %}
            coalesce(list_contains(conditions.condition_groups, '{{ group }}'), false) as has_{{ group }},
        {%- endfor %}
        coalesce(
            list_has_any(
                conditions.condition_groups, ['breast_cancer', 'colorectal_cancer', 'lung_cancer', 'prostate_cancer']
            ),
            false
        ) as has_cancer,
        coalesce(conditions.conditions, []) as conditions,

        coalesce(medications.medications, []) as current_medications,
        coalesce(medications.medication_count, 0) as current_medication_count,
        coalesce(medications.medication_in_hand_count, 0) as medication_in_hand_count,

        coalesce(allergies.allergies, []) as allergies,
        coalesce(allergies.allergy_count, 0) as allergy_count,

        coalesce(labs.latest_labs, []) as latest_labs,
        labs.last_lab_at,
        {%- for measure, column in patient_360_labs().items() %}
            measures.{{ column }},
            measures.{{ measure }}_comparator,
            measures.{{ measure }}_date,
            measures.{{ measure }}_source_system,
        {%- endfor %}
        {%- for measure, column in patient_360_vitals().items() %}
            measures.{{ column }},
            measures.{{ measure }}_date,
            measures.{{ measure }}_source_system,
        {%- endfor %}
        blood_pressure.systolic_bp_mm_hg,
        blood_pressure.diastolic_bp_mm_hg,
        blood_pressure.bp_at,
        blood_pressure.bp_date,
        blood_pressure.bp_source_system,

        coalesce(visits.ambulatory_visit_count_12m, 0) as ambulatory_visit_count_12m,
        coalesce(visits.virtual_visit_count_12m, 0) as virtual_visit_count_12m,
        coalesce(visits.emergency_visit_count_12m, 0) as emergency_visit_count_12m,
        coalesce(visits.inpatient_visit_count_12m, 0) as inpatient_visit_count_12m,
        coalesce(visits.readmission_30d_count_12m, 0) as readmission_30d_count_12m,
        coalesce(visits.readmission_30d_count_12m > 0, false) as has_readmission_30d_12m,
        coalesce(visits.is_inpatient, false) as is_inpatient,
        visits.last_visit_date,
        visits.last_visit_class,
        visits.last_visit_source_system,
        visits.last_emergency_visit_date,
        visits.last_admission_date,
        visits.last_discharge_date,

        coalesce(appointments.upcoming_appointment_count, 0) as upcoming_appointment_count,
        appointments.next_appointment_date,
        appointments.next_appointment,
        appointments.last_kept_appointment_date,
        appointments.last_no_show_date,
        coalesce(appointments.kept_appointment_count_12m, 0) as kept_appointment_count_12m,
        coalesce(appointments.no_show_appointment_count_12m, 0) as no_show_appointment_count_12m,
        coalesce(appointments.cancelled_appointment_count_12m, 0) as cancelled_appointment_count_12m,

        coverage.patient_id is not null as has_active_coverage,
        coverage.payer_name,
        coverage.payer_identifier,
        coverage.member_id,
        coverage.plan,
        coverage.coverage_type,
        coverage.subscriber_relationship,
        coverage.coverage_start_date,
        coverage.coverage_end_date,
        coalesce(coverage.active_coverage_count, 0) as active_coverage_count,

        cast(coalesce(costs.charged_12m_usd, 0) as decimal(18, 2)) as charged_12m_usd,
        coalesce(costs.claim_count_12m, 0) as claim_count_12m,
        cast(coalesce(costs.claimed_12m_usd, 0) as decimal(18, 2)) as claimed_12m_usd,
        cast(coalesce(costs.paid_12m_usd, 0) as decimal(18, 2)) as paid_12m_usd,
        cast(coalesce(costs.patient_responsibility_12m_usd, 0) as decimal(18, 2)) as patient_responsibility_12m_usd,
        cast(costs.balance_usd as decimal(18, 2)) as balance_usd,
        costs.last_statement_date,

        social_needs.last_social_screening_date,
        coalesce(social_needs.social_needs, []) as social_needs,
        coalesce(social_needs.social_answers, []) as social_answers,

        wearables.mean_daily_steps_30d,
        coalesce(wearables.step_day_count_30d, 0) as step_day_count_30d,
        wearables.mean_resting_heart_rate_30d,
        wearables.last_wearable_date,

        coalesce(immunizations.immunizations, []) as immunizations,
        coalesce(immunizations.immunization_count, 0) as immunization_count,
        immunizations.last_immunization_date,
        {% for domain, word in domains.items() %}
            coalesce({{ domain }}.source_systems, []) as {{ word }}_source_systems,
        {%- endfor %}
        list_sort(list_distinct(list_concat(
            coalesce(measures.vital_source_systems, []),
            if(blood_pressure.bp_source_system is null, [], [blood_pressure.bp_source_system])
        ))) as vital_source_systems,
        list_sort(list_distinct(flatten([
            coalesce(profile.source_systems, []),
            coalesce(measures.vital_source_systems, []),
            if(blood_pressure.bp_source_system is null, [], [blood_pressure.bp_source_system]),
            {%- for domain in domains %}
                coalesce({{ domain }}.source_systems, []){{ ',' if not loop.last }}
            {%- endfor %}
        ]))) as source_systems,
        {{ as_of_date() }} as as_of_date
    from profile
    left join counties on profile.county_fips = counties.county_fips
    left join measures on profile.patient_id = measures.patient_id
    left join blood_pressure on profile.patient_id = blood_pressure.patient_id
    {%- for domain in domains %}
        left join {{ domain }} on profile.patient_id = {{ domain }}.patient_id
    {%- endfor %}
)

select * from final
