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
  `this` names them by file_sha256 and record_index or, with `by_key`, by record_key alone.
-#}
{% macro is_not_staged(by_key=false) -%}
    {%- set staged_file = x12_file_of_key('staged.record_key') if by_key else 'staged.file_sha256' -%}
    {%- set staged_index = x12_index_of_key('staged.record_key') if by_key else 'staged.record_index' -%}
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
                    on {{ x12_file_key('replayed.file_sha256') if by_key else 'replayed.file_sha256' }} = {{ staged_file }}
                where {{ staged_index }} between replayed.indexes[1] and replayed.indexes[2]
            )
        else
            {{ x12_file_key('manifest.file_sha256') if by_key else 'manifest.file_sha256' }}
            not in (select {{ staged_file }} from {{ this }} as staged)
    end
{%- endmacro %}

{#-
  The Parquet files of the records of `format` (of one feed, where it is given) that `this` has not staged yet: the
  manifest names them, so an incremental run opens only new ones. On a full refresh it is all of them.
  The file's commit point is its manifest entry: Parquet without one is invisible.
  Unit tests override this macro with 'source' to read the fixture of the source instead.
-#}
{% macro new_bronze_files(format, by_key=false, feed=none) -%}
    {%- set files = [] -%}
    {%- if execute -%}
        {%- set query -%}
            select manifest.bronze_path
            from {{ source('bronze', 'manifest') }} as manifest
            where
                manifest.format = '{{ format }}'
                and manifest.landed > 0
                {%- if feed is not none %}
                and manifest.feed = '{{ feed }}'
                {%- endif %}
                {%- if is_incremental() %}
                and {{ is_not_staged(by_key) }}
                {%- endif %}
            order by manifest.bronze_path
        {%- endset -%}
        {%- set files = run_query(query).columns[0].values() -%}
    {%- endif -%}
    {{ return(files) }}
{%- endmacro %}

{#- A relation with the records of such files, or of all of bronze ('source'). -#}
{% macro bronze_records(files) -%}
    {%- if files == 'source' -%}
        {{ source('bronze', 'records') }}
    {%- elif files | length == 0 -%}
        (select * from {{ source('bronze', 'records') }} where false)
    {%- else -%}
        read_parquet([
            {%- for file in files %}
            '{{ bronze_root() }}/{{ file }}'{{ ',' if not loop.last }}
            {%- endfor %}
        ])
    {%- endif -%}
{%- endmacro %}

{% macro new_bronze_records(format, by_key=false) -%}
    {{ bronze_records(new_bronze_files(format, by_key)) }}
{%- endmacro %}
