{#-
  The measures that have columns of their own in patient_360: measure (seed observation_measures) →
  column with its unit. A laboratory may answer "more than 90": its measures have a comparator too.
-#}
{% macro patient_360_labs() -%}
    {{ return({
        'hba1c': 'hba1c_percent',
        'egfr': 'egfr_ml_min_173m2',
        'creatinine': 'creatinine_mg_dl',
        'uacr': 'uacr_mg_g',
        'glucose': 'glucose_mg_dl',
        'ldl': 'ldl_mg_dl',
        'hdl': 'hdl_mg_dl',
        'total_cholesterol': 'total_cholesterol_mg_dl',
        'triglycerides': 'triglycerides_mg_dl',
        'potassium': 'potassium_mmol_l',
        'hemoglobin': 'hemoglobin_g_dl',
    }) }}
{%- endmacro %}

{% macro patient_360_vitals() -%}
    {{ return({
        'weight': 'weight_kg',
        'height': 'height_cm',
        'bmi': 'bmi_kg_m2',
        'heart_rate': 'heart_rate_per_min',
        'respiratory_rate': 'respiratory_rate_per_min',
        'temperature': 'temperature_cel',
        'oxygen_saturation': 'oxygen_saturation_percent',
        'phq9': 'phq9_score',
    }) }}
{%- endmacro %}
