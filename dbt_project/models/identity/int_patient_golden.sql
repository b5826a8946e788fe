-- Declared survivorship: for each group of fields the best-ranked source that knows the value wins,
-- then the newest, then the record number, so that ties never depend on the order of rows. A group
-- survives as a whole (an address from two records would be nobody's). What lost is kept beside it.
{%- set groups = {
    'name': ['family', 'given', 'middle', 'suffix'],
    'birth_date': ['birth_date', 'birth_date_precision'],
    'contact': ['address_line', 'city', 'state', 'postal_code', 'county_fips'],
} %}
{%- set anchors = {'name': 'family', 'birth_date': 'birth_date', 'contact': 'address_line'} %}
{%- set singles = ['sex', 'ssn', 'race_code', 'ethnicity_code', 'language', 'marital_status', 'deceased'] %}

with xref as (
    select * from {{ ref('patient_xref') }}
),

ranks as (
    select * from {{ ref('source_rank') }}
),

records as (
    select
        xref.patient_id,
        person_records.*
    from {{ ref('int_person_records') }} as person_records
    inner join xref on person_records.person_record_id = xref.person_record_id
),

ranked as (
    select
        records.*,
        {%- for field in ['name', 'birth_date', 'contact', 'other'] %}
            struct_pack(
                {%- if field == 'birth_date' %}
                    precise := case records.birth_date_precision when 'day' then 0 when 'month' then 1 else 2 end,
                {%- endif %}
                place := coalesce({{ field }}_rank.rank, 99),
                age := -epoch_us(records.last_recorded_at),
                record := records.person_record_id
            ) as {{ field }}_order,
        {%- endfor %}
        1 as one
    from
        records
    {%- for field in ['name', 'birth_date', 'contact', 'other'] %}
        left join ranks as {{ field }}_rank
            on
                records.source_system = {{ field }}_rank.source_system
                and {{ field }}_rank.field = '{{ field }}'
    {%- endfor %}
)

select
    patient_id,
    {%- for group, columns in groups.items() %}
        {%- for column in columns %}
            first({{ column }} order by {{ group }}_order) filter (
                where {{ anchors[group] }} is not null
            ) as {{ column }},
        {%- endfor %}
    {%- endfor %}
    {%- for column in singles %}
        first({{ column }} order by other_order) filter (where {{ column }} is not null) as {{ column }},
    {%- endfor %}
    first(phones[1] order by contact_order) filter (where len(phones) > 0) as phone,
    first(emails[1] order by contact_order) filter (where len(emails) > 0) as email,
    list_sort(list_distinct(flatten(list(phones)))) as phones,
    list_sort(list_distinct(flatten(list(emails)))) as emails,
    list_sort(list_distinct(flatten(list(family_names)))) as all_family_names,
    list_sort(list_distinct(flatten(list(given_names)))) as all_given_names,
    list_sort(list_distinct(list(birth_date) filter (where birth_date is not null)))
        as all_birth_dates,
    list_sort(list_distinct(list(ssn) filter (where ssn is not null))) as all_ssns,
    list_sort(list_distinct(list(address_line) filter (where address_line is not null)))
        as all_addresses,
    list(struct_pack(
        system := source_system, authority := id_authority, type := id_type, value := id_value
    ) order by person_record_id) as identifiers,
    min(first_received_at) as first_received_at,
    max(last_recorded_at) as last_recorded_at,
    count(*) as n_person_records
from ranked
group by patient_id
