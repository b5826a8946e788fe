-- noqa: disable=LT02, LT09, RF04
{{ config(severity='error', fail_calc='coalesce(sum(weight), 0)', warn_if='> 0', error_if='>= 1000') }}
-- The values of a column are what its tag says: a text tagged `none` that is nothing but a social security number, a
-- telephone number, an address, or the name or a number of a patient, is PHI without a tag. One row per column and
-- kind, with a count, never a value. A few may be what a source put in the wrong field: a warning. Ten, and a fifth of
-- the column's values (names and numbers, which may be others' too: twenty, and half), are a column with the wrong tag. Practitioners, organizations
-- and places have numbers, telephones and addresses that are nobody's health information. (depends_on, so that it runs
-- when all is built:
{%- set tables = [
    'account', 'adverse_event', 'allergy_intolerance', 'appointment', 'charge_item', 'claim', 'condition', 'coverage',
    'device', 'device_request', 'diagnostic_report', 'document_reference', 'encounter', 'explanation_of_benefit', 'fhir_other',
    'fhir_unresolved_reference', 'immunization', 'medication', 'medication_administration', 'medication_dispense',
    'medication_request', 'observation', 'patient', 'procedure',
    'related_person', 'service_request', 'specimen', 'task', 'patient_360', 'patient_timeline',
] %}
{%- for table in tables %}
-- {{ ref(table) }}
{%- endfor %}
-- )
{%- set columns = [] -%}
{%- if execute -%}
    {%- for node in offered_models() if node.name in tables -%}
        {%- for column in node.columns.values() if column.config.meta.phi == 'none' and column.data_type == 'varchar' -%}
            {%- do columns.append([node.relation_name, node.name, column.name]) -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endif %}
with texts as (
    {%- for relation, table, column in columns %}
    select distinct '{{ table }}' as table_name, '{{ column }}' as column_name, "{{ column }}" as said
    from {{ relation }}
    where length("{{ column }}") between 7 and 80
    {{ 'union all' if not loop.last }}
    {%- else %}
    select null as table_name, null as column_name, null as said
    {%- endfor %}
),

-- Names in full, and numbers long enough to be nobody else's code.
people as (
    select upper(given || ' ' || family) as said, 'name' as kind from {{ ref('patient') }}
    where given is not null and length(family) > 2
    union
    select upper(family || ', ' || given) as said, 'name' as kind from {{ ref('patient') }}
    where given is not null and length(family) > 2
    union
    select upper(one."value") as said, 'medical_record_number' as kind
    from (select unnest(identifiers) as one from {{ ref('patient') }})
    where length(one."value") >= 9 and regexp_matches(one."value", '[0-9]{6}')
),

found as (
    {%- for kind, pattern in identifier_patterns().items() %}
    select table_name, column_name, '{{ kind }}' as kind, count(*) as values_found
    from texts
    where regexp_full_match(said, '{{ pattern }}')
    group by all
    union all
    {%- endfor %}
    select texts.table_name, texts.column_name, people.kind, count(*) as values_found
    from texts
    inner join people on upper(texts.said) = people.said
    group by all
),

sizes as (
    select table_name, column_name, count(*) as values_said
    from texts
    group by all
)

select
    found.*,
    sizes.values_said,
    case
        when found.kind in ('name', 'medical_record_number') and found.values_found >= 20 and found.values_found * 2 >= sizes.values_said
            then 1000
        when found.kind not in ('name', 'medical_record_number') and found.values_found >= 10 and found.values_found * 5 >= sizes.values_said
            then 1000
        else 1
    end as weight
from found
inner join sizes on found.table_name = sizes.table_name and found.column_name = sizes.column_name
