-- Everything that a source ever said of a patient and that the golden record does not show.
{%- set fields = [
    'family', 'given', 'middle', 'suffix', 'birth_date', 'address_line', 'city', 'state', 'postal_code', 'county_fips',
    'sex', 'ssn', 'race_code', 'ethnicity_code', 'language', 'marital_status', 'deceased', 'phone', 'email',
] %}
with golden as (
    select * from {{ ref('int_patient_golden') }}
),

details as (
    select
        xref.patient_id,
        person_details.source_system,
        person_details.last_recorded_at,
        person_details.n_records,
        person_details.family,
        person_details.given,
        person_details.middle,
        person_details.suffix,
        {{ person_birth_date('person_details.birth_key') }} as birth_date,
        person_details.address_line,
        person_details.city,
        person_details.state,
        person_details.postal_code,
        person_details.county_fips,
        person_details.sex_code as sex,
        person_details.ssn_key as ssn,
        person_details.race_code,
        person_details.ethnicity_code,
        person_details.language,
        person_details.marital_status,
        person_details.deceased_text as deceased,
        person_details.phone_keys as phone,
        person_details.email_keys as email
    from {{ ref('int_person_details') }} as person_details
    inner join {{ ref('patient_xref') }} as xref
        on person_details.person_record_id = xref.person_record_id
),

said as (
    {%- for field in fields %}
        select
            details.patient_id,
            '{{ field }}' as field,
            cast({{ 'unnest(details.' ~ field ~ ')' if field in ('phone', 'email') else 'details.' ~ field }} as varchar) as said_value,
            cast(golden.{{ field }} as varchar) as surviving_value,
            details.source_system,
            details.last_recorded_at,
            details.n_records
        from details
        inner join golden on details.patient_id = golden.patient_id
        {%- if field not in ('phone', 'email') %}
            where details.{{ field }} is distinct from golden.{{ field }}
        {%- endif %}
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
)

select
    patient_id,
    field,
    said_value,
    list_sort(list_distinct(list(source_system))) as source_systems,
    max(last_recorded_at) as last_recorded_at,
    sum(n_records)::bigint as n_records
from said
where said_value is not null and said_value is distinct from surviving_value
group by patient_id, field, said_value
