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
  Whether `this` lacks the records of a manifest entry: of a landed file, where it holds none of that
  file; of a replay, where it holds none of the records that the replay took out of quarantine.
-#}
{% macro is_not_staged() -%}
    case manifest.kind
        when 'replay' then
            manifest.bronze_path not in (
                select replayed.bronze_path
                from (
                    select
                        replays.bronze_path,
                        replays.file_sha256,
                        unnest(replays.landed_ranges) as indexes
                    from {{ source('bronze', 'manifest') }} as replays
                    where replays.kind = 'replay'
                ) as replayed
                inner join {{ this }} as staged
                    on replayed.file_sha256 = staged.file_sha256
                where staged.record_index between replayed.indexes[1] and replayed.indexes[2]
            )
        else manifest.file_sha256 not in (select staged.file_sha256 from {{ this }} as staged)
    end
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
                and {{ is_not_staged() }}
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
