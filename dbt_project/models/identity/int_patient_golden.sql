-- Declared survivorship: for each group of fields the seed `survivorship` says in which order agreement, source rank,
-- completeness and recency choose; the record number decides the rest, so that ties never depend on the order of rows. A group survives as a
-- whole (an address from two records would be nobody's). What lost is in `identity_losing_values`.
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

rules as (
    select
        field,
        list(rule order by place) as chosen_by
    from {{ ref('survivorship') }}
    group by field
),

records as (
    select
        xref.patient_id,
        person_records.*,
        (given is not null)::int + (family is not null)::int + (middle is not null)::int as name_parts,
        length(birth_key) as birth_date_parts,
        (address_line is not null)::int + (city is not null)::int + (postal_code is not null)::int as contact_parts,
        0 as other_parts,
        dense_rank() over (partition by xref.patient_id order by last_word desc) as newest_place,
        -- How many systems say the same: one desk's slip of the finger does not outvote four others.
        case
            when birth_date is not null
                then count(distinct person_records.source_system) over (partition by xref.patient_id, birth_key)
        end as birth_date_systems
    from {{ ref('int_person_records') }} as person_records
    inner join xref on person_records.person_record_id = xref.person_record_id
),

ranked as (
    select
        records.*,
        {%- for field in ['name', 'birth_date', 'contact', 'other'] %}
            struct_pack(
                keys := list_transform({{ field }}_rules.chosen_by, lambda rule: case rule
                    when 'source rank' then coalesce({{ field }}_rank.rank, 99)
                    when 'agreement' then -coalesce({{ field ~ '_systems' if field == 'birth_date' else '0' }}, 0)
                    when 'completeness' then -coalesce({{ field }}_parts, 0)
                    when 'recency' then records.newest_place
                end::bigint),
                record := records.person_record_id
            ) as {{ field }}_order,
        {%- endfor %}
        1 as one
    from
        records
    {%- for field in ['name', 'birth_date', 'contact', 'other'] %}
        left join rules as {{ field }}_rules on {{ field }}_rules.field = '{{ field }}'
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
            first({{ column }} order by {{ group }}_order) filter (where {{ anchors[group] }} is not null) as {{ column }},
        {%- endfor %}
    {%- endfor %}
    {%- for column in singles %}
        first({{ column }} order by other_order) filter (where {{ column }} is not null) as {{ column }},
    {%- endfor %}
    first(phone order by contact_order) filter (where phone is not null) as phone,
    first(email order by contact_order) filter (where email is not null) as email,
    list(struct_pack(
        system := source_system, authority := id_authority, type := id_type, value := id_value
    ) order by person_record_id) as identifiers,
    min(first_received_at) as first_received_at,
    max(last_recorded_at) as last_recorded_at,
    count(*) as n_person_records
from ranked
group by patient_id
