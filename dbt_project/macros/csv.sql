{#-
  Rows of delimited text: fields by RFC 4180, columns by the name that the file's header gives them.

  Bronze keeps one record per row, the header in `header` (names joined by U+001F) and the
  delimiter and quote of the file in `delimiters`.
-#}

{#-
  The rows of a feed that `this` has not staged yet, each split into `fields` by the delimiter and quote of its file.
  A staging model reads bronze itself, as those of HL7 v2 do: rows written down as lists, only to be read once, take
  longer to write than to split.
-#}
{% macro csv_rows(feed) -%}
    {{ csv_rows_of(new_bronze_files('csv', feed=feed), feed) }}
{%- endmacro %}

{% macro csv_rows_of(files, feed=none) -%}
    select
        records.source_system,
        records.feed,
        records.file_sha256,
        records.record_index,
        records.file_sha256 || ':' || records.record_index as source_record_id,
        records.received_at,
        records.file_name,
        coalesce(feeds.time_zone, 'UTC') as time_zone,
        string_split(records.header, chr(31)) as column_names,
        {{ csv_trimmed_fields('records.row_text', 'records.delimiter', 'records.quote') }} as fields
    from (
        select
            *,
            -- Trimming by a set of characters takes ten times as long as looking whether there is one of them.
            case
                when ends_with(record_text, chr(10)) or ends_with(record_text, chr(13))
                    then rtrim(record_text, chr(10) || chr(13))
                else record_text
            end as row_text,
            left(delimiters, 1) as delimiter,
            substr(delimiters, 2, 1) as quote
        from {{ bronze_records(files) }}
        where
            format = 'csv'
            and header is not null
            {%- if feed is not none %}
            and feed = '{{ feed }}'
            {%- endif %}
    ) as records
    left join {{ source('ingest', 'feeds') }} as feeds
        on records.source_system = feeds.source_system and records.feed = feeds.feed
{%- endmacro %}

{#- The fields of a row, trimmed: one look at a row instead of one at each field, where there is nothing to trim. -#}
{% macro csv_trimmed_fields(text, delimiter, quote) -%}
    case
        -- (Blanks that are no ASCII are trimmed, too.)
        when
            {{ csv_is_unquoted(text, quote) }}
            and strlen({{ text }}) = length({{ text }})
            and not contains({{ text }}, {{ delimiter }} || ' ')
            and not contains({{ text }}, ' ' || {{ delimiter }})
            and not starts_with({{ text }}, ' ')
            and not ends_with({{ text }}, ' ')
            then string_split({{ text }}, {{ delimiter }})
        else list_transform({{ csv_fields(text, delimiter, quote) }}, lambda field: trim(field))
    end
{%- endmacro %}

{#-
  The fields of a row. Most rows have no quote and are split as they are. Where there are quotes,
  every second piece between them is quoted text: while the row is split, its delimiters are hidden
  behind U+001F and the quotes behind U+001E, so that what is no delimiter cannot be taken for one.
  A row with an odd number of quotes uses them as letters (5'10"), not as quotes.
-#}
{% macro csv_fields(text, delimiter, quote) -%}
    {{ return(adapter.dispatch('csv_fields')(text, delimiter, quote)) }}
{%- endmacro %}

{% macro default__csv_fields(text, delimiter, quote) -%}
    {%- set pieces = "string_split(" ~ text ~ ", " ~ quote ~ ")" -%}
    case
        when {{ csv_is_unquoted(text, quote) }} or len({{ pieces }}) % 2 = 0
            then string_split({{ text }}, {{ delimiter }})
        else
            list_transform(
                string_split(
                    array_to_string(
                        list_transform(
                            {{ pieces }},
                            lambda piece, i: case
                                when i % 2 = 0 then replace(piece, {{ delimiter }}, chr(31)) else piece
                            end
                        ),
                        chr(30)
                    ),
                    {{ delimiter }}
                ),
                -- Most fields of such a row have no quote themselves.
                lambda field: case
                    when contains(field, chr(30)) or contains(field, chr(31))
                        then replace(
                            replace(
                                replace(
                                    regexp_replace(field, '^\s*\x1e(.*)\x1e\s*$', '\1', 's'),
                                    chr(30) || chr(30), {{ quote }}
                                ),
                                chr(30), {{ quote }}
                            ),
                            chr(31), {{ delimiter }}
                        )
                    else field
                end
            )
    end
{%- endmacro %}

{% macro csv_is_unquoted(text, quote) -%}
    ({{ quote }} = '' or not contains({{ text }}, {{ quote }}))
{%- endmacro %}

{#- The text of a named column, empty as null; null where the file has no such column. -#}
{% macro csv_column(name) -%}
    nullif(fields[list_position(column_names, '{{ name }}')], '')
{%- endmacro %}

{#- Several named columns, each by its name. -#}
{% macro csv_columns(names) -%}
    {%- for name in names %}
    {{ csv_column(name) }} as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- A date in one of the given formats (strptime), the first that fits; otherwise null. -#}
{% macro csv_date(text, formats) -%}
    try_strptime({{ text }}, [{% for format in formats %}'{{ format }}'{{ ', ' if not loop.last }}{% endfor %}])::date
{%- endmacro %}

{#- A local date and time in one of the given formats, as UTC; the zone is that of the feed. -#}
{% macro csv_timestamp(text, formats, time_zone='time_zone') -%}
    {{ to_utc(
        "try_strptime(" ~ text ~ ", ['" ~ formats | join("', '") ~ "'])",
        time_zone
    ) }}
{%- endmacro %}

{#- A number without thousands separators and currency sign. -#}
{% macro csv_decimal(text) -%}
    try_cast(replace(replace({{ text }}, ',', ''), '$', '') as decimal(18, 2))
{%- endmacro %}

{% macro csv_double(text) -%}
    try_cast(replace({{ text }}, ',', '') as double)
{%- endmacro %}

{% macro csv_integer(text) -%}
    try_cast(try_cast(replace({{ text }}, ',', '') as double) as integer)
{%- endmacro %}

{#- What every row of table staging says about where it came from. -#}
{% macro csv_provenance() -%}
    source_system,
    feed,
    file_sha256,
    record_index,
    source_record_id,
    received_at
{%- endmacro %}
