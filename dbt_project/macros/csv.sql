{#-
  Rows of delimited text: fields by RFC 4180, columns by the name that the file's header gives them.

  Bronze keeps one record per row, the header in `header` (names joined by U+001F) and the
  delimiter and quote of the file in `delimiters`.
-#}

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
        when {{ quote }} = '' or not contains({{ text }}, {{ quote }}) or len({{ pieces }}) % 2 = 0
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
                lambda field: replace(
                    replace(
                        replace(
                            regexp_replace(field, '^\s*\x1e(.*)\x1e\s*$', '\1', 's'),
                            chr(30) || chr(30), {{ quote }}
                        ),
                        chr(30), {{ quote }}
                    ),
                    chr(31), {{ delimiter }}
                )
            )
    end
{%- endmacro %}

{#- The text of a named column, trimmed, empty as null; null where the file has no such column. -#}
{% macro csv_column(name) -%}
    nullif(trim(fields[list_position(column_names, '{{ name }}')]), '')
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
