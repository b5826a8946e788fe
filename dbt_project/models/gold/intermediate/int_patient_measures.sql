{%- set labs = patient_360_labs() -%}
{%- set vitals = patient_360_vitals() -%}

with measures as (
    select * from {{ ref('int_latest_measures') }}
)

select
    patient_id,
    {%- for measure, column in dict(labs, **vitals).items() %}
        max(value_quantity) filter (where measure = '{{ measure }}') as {{ column }},
        {%- if measure in labs %}
            max(value_comparator) filter (where measure = '{{ measure }}') as {{ measure }}_comparator,
        {%- endif %}
        max(measured_date) filter (where measure = '{{ measure }}') as {{ measure }}_date,
        max(source_system) filter (where measure = '{{ measure }}') as {{ measure }}_source_system,
    {%- endfor %}
    coalesce(
        list_sort(
            list(distinct source_system) filter (
                where measure in ('{{ vitals | join("', '") }}')
            )
        ),
        []
    ) as vital_source_systems
from measures
group by patient_id
