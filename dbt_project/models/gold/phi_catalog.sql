-- noqa: disable=LT02, AL05
-- Made from the descriptions of the models themselves: it says what is there, whatever the build holds.
{%- set rows = [] -%}
{%- if execute -%}
    {%- for node in offered_models() -%}
        {%- set behind = models_behind(node) -%}
        {%- for column in node.columns.values() -%}
            {%- do rows.append({
                'schema_name': node.schema, 'table_name': node.alias or node.name, 'position': loop.index, 'column_name': column.name,
                'data_type': column.data_type, 'phi': column.config.meta.phi, 'description': column.description, 'made_of': behind,
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endif %}
with columns_offered as (
    select * from (
        values
        {%- for row in rows %}
        (
            {%- for name in ['schema_name', 'table_name', 'position', 'column_name', 'data_type', 'phi', 'description'] -%}
                '{{ (row[name] or '') | string | trim | replace("'", "''") | replace('\n', ' ') }}',
            {%- endfor -%}
            {{ row['made_of'] }}::varchar[]
        ){{ ',' if not loop.last }}
        {%- else %}
        ('', '', '0', '', '', '', '', []::varchar[])
        {%- endfor %}
    ) as described (schema_name, table_name, position, column_name, data_type, phi, description, made_of)
    where column_name != ''
),

field_sources as (
    select * from {{ ref('silver_column_sources') }}
),

classes as (
    select * from (
        values
        {%- for tag, class in hipaa_classes().items() %}
        ('{{ tag }}', '{{ class }}'){{ ',' if not loop.last }}
        {%- endfor %}
    ) as listed (phi, hipaa_class)
),

-- A column of silver has its own sources; one of gold those of the columns of its name that it is made of.
lineage as (
    select
        columns_offered.schema_name,
        columns_offered.table_name,
        columns_offered.column_name,
        list_sort(list_distinct(list(field_sources.source_format || ' ' || field_sources.source_field))) as source_fields
    from columns_offered
    inner join field_sources
        on
            columns_offered.column_name = field_sources.silver_column
            and (
                columns_offered.table_name = field_sources.silver_table
                or list_contains(columns_offered.made_of, field_sources.silver_table) and columns_offered.schema_name like '%gold'
            )
    group by all
)

select
    columns_offered.schema_name || '.' || columns_offered.table_name || '.' || columns_offered.column_name as phi_catalog_id,
    columns_offered.schema_name,
    columns_offered.table_name,
    columns_offered.column_name,
    columns_offered.position::integer as position,
    columns_offered.data_type,
    columns_offered.phi,
    columns_offered.phi != 'none' as is_phi,
    classes.hipaa_class,
    columns_offered.description,
    coalesce(lineage.source_fields, []) as source_fields
from columns_offered
left join classes on columns_offered.phi = classes.phi
left join lineage
    on
        columns_offered.schema_name = lineage.schema_name
        and columns_offered.table_name = lineage.table_name
        and columns_offered.column_name = lineage.column_name
