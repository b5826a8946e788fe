{#-
  Where bronze lies. Every glob matches at least the zero-row `_empty.parquet` that landing writes
  for each declared feed.
-#}
{% macro wellspring_home() -%}
    {{ env_var('WELLSPRING_HOME', '../data') }}
{%- endmacro %}

{% macro bronze_root() -%}
    {{ env_var('WELLSPRING_BRONZE_URL', wellspring_home() ~ '/bronze') }}
{%- endmacro %}

{#-
  A relation with the bronze records of `format` that `this` has not staged yet: the manifest names
  the files, so an incremental run opens only new ones. On a full refresh it is all of them.
  The file's commit point is its manifest entry: Parquet without one is invisible.
-#}
{% macro new_bronze_records(format) -%}
    {%- set files = [] -%}
    {%- if execute -%}
        {%- set query -%}
            select manifest.bronze_path
            from {{ source('bronze', 'manifest') }} as manifest
            where
                manifest.format = '{{ format }}'
                and manifest.landed > 0
                {%- if is_incremental() %}
                and manifest.file_sha256 not in (select staged.file_sha256 from {{ this }} as staged)
                {%- endif %}
            order by manifest.bronze_path
        {%- endset -%}
        {%- set files = run_query(query).columns[0].values() -%}
    {%- endif -%}
    {%- if files | length == 0 -%}
        (select * from {{ source('bronze', 'records') }} where false)
    {%- else -%}
        read_parquet([
            {%- for file in files %}
            '{{ bronze_root() }}/{{ file }}'{{ ',' if not loop.last }}
            {%- endfor %}
        ])
    {%- endif -%}
{%- endmacro %}
