-- noqa: disable=LT02
{% set systems = {
    'http://loinc.org': {
        'hospice_care_assessment': ['45755-6'],
        'palliative_care_assessment': ['71007-9'],
        'housing_status': ['71802-3'],
        'medical_equipment_used': ['98181-1'],
        'glucose_management_indicator': ['97506-0'],
        'systolic_blood_pressure': ['8480-6'],
        'diastolic_blood_pressure': ['8462-4'],
        'blood_pressure_panel': ['85354-9'],
        'autonomous_eye_exam': ['105914-6'],
        'left_eye_retinopathy_severity': ['71490-7'],
        'right_eye_retinopathy_severity': ['71491-5'],
        'no_apparent_retinopathy': ['LA18643-9'],
        'tobacco_use_status': ['72166-2', '39240-7', '11367-0'],
        'body_mass_index': ['39156-5'],
        'pregnancy_status': ['82810-3'],
        'bmi_percentile': ['59576-9'],
        'body_height': ['8302-2'],
        'body_weight': ['29463-7'],
        'adolescent_depression_screening': ['73831-0'],
        'adult_depression_screening': ['73832-8'],
        'hiv_test': ['75622-1'],
        'ever_vaginal_intercourse': ['64728-9'],
        'cardiovascular_risk_10_years': ['79423-0', '99055-6'],
    },
    'http://snomed.info/sct': {
        'lives_in_nursing_home': ['160734000'],
        'yes': ['373066001'],
        'discharge_to_hospice': ['428371000124100', '428361000124107'],
        'left': ['7771000'],
        'right': ['24028007'],
        'bilateral_anophthalmos': ['15665641000119103'],
        'anaphylaxis_hib_vaccine': ['433621000124101'],
        'anaphylaxis_hepatitis_b_vaccine': ['428321000124101'],
        'anaphylaxis_rotavirus_vaccine': ['428331000124103'],
        'anaphylaxis_hepatitis_a_vaccine': ['471311000124103'],
        'anaphylaxis_influenza_vaccine': ['471361000124100'],
        'anaphylaxis_mmr_vaccine': ['471331000124109'],
        'anaphylaxis_pneumococcal_vaccine': ['471141000124102'],
        'anaphylaxis_polio_vaccine': ['471321000124106'],
        'anaphylaxis_varicella_vaccine': ['471341000124104'],
        'depression_screening_declined': ['720834000'],
        'depression_screening_negative': ['428171000124102'],
        'depression_screening_positive': ['428181000124104'],
    },
    'http://www.ama-assn.org/go/cpt': {
        'medical_nutrition_therapy': ['97802', '97803', '97804'],
        'health_behavior_assessment': ['96156'],
        'health_behavior_intervention': ['96158'],
        'postoperative_follow_up_visit': ['99024'],
        'unlisted_preventive_service': ['99429'],
        'brief_office_visit': ['99211'],
    },
    'http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets': {
        'medical_nutrition_therapy': ['G0270', 'G0271'],
    },
    'http://hl7.org/fhir/sid/icd-10-cm': {
        'tobacco_abuse_counseling_diagnosis': ['Z71.6'],
        'subsequent_nstemi': ['I22.2'],
    },
    'http://hl7.org/fhir/sid/cvx': {
        'rotavirus_vaccine_2_dose_schedule': ['119'],
    },
    'http://www.cms.gov/Medicare/Coding/ICD10': {
        'vaccine_introduced_into_muscle': ['3E0234Z'],
    },
    'http://www.nlm.nih.gov/research/umls/rxnorm': {
        'ergoloid_mesylates': ['318179'],
    },
} %}
-- The codes that measures name one by one, as their published definitions do. Identifiers alone: what they mean, and
-- the value sets, are their owners' to give (CPT: American Medical Association; SNOMED CT: SNOMED International;
-- LOINC: Regenstrief Institute).
{%- for system, value_sets in systems.items() %}
{%- set listed = loop %}
{%- for value_set, codes in value_sets.items() %}
select
    '{{ value_set }}' as value_set,
    '{{ system }}' as code_system,
    unnest(['{{ codes | join("', '") }}']) as code
{{- '' if loop.last and listed.last else '\nunion all' }}
{%- endfor %}
{%- endfor %}
