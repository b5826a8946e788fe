{#
    HL7 v2 as sets: bronze messages to segments, and paths such as `PID-3.4.1` to expressions.

    Here: where a value stands in a message (chapter 2 of the standard: delimiters 2.5.4, escape
    sequences 2.7, null 2.5.3). Not here: what a value means; that is in the models.

    Every message is first brought to one form: standard delimiters, segments ended by CR, escape
    sequences resolved. A delimiter that is text (`\F\ \S\ \R\ \T\`) becomes one of the noncharacters
    U+FDD0 to U+FDD3, which no text may carry (Unicode 23.7), until the value is taken out. So models
    split by constants, and pay for escapes only in the few messages that have any (`is_plain` false).

    A staging model says which segments it reads, and its columns:

        {% call hl7v2_typed(['NK1'], anchors=['PID']) %}
            {{ hl7('3.1') }} as relationship_code,
            {{ hl7_names('2') }} as names
        {% endcall %}
#}


{# ---- files and messages ---------------------------------------------------------------------- #}

{#
    The bronze files to read: on an incremental run those not yet in this model. Given segment ids,
    only files that hold one of them, which `stg_hl7v2__messages` knows. Unit tests override this
    macro with 'source' to read the fixture of the source instead.
#}
{% macro hl7v2_files(segment_ids=none) -%}
    {%- set files = [] -%}
    {%- set known = ref('stg_hl7v2__messages') if segment_ids is not none -%}
    {%- if execute -%}
        {%- if segment_ids is none -%}
            {%- set landed -%}
                select manifest.bronze_path
                from {{ source('bronze', 'manifest') }} as manifest
                where manifest.format = 'hl7v2' and manifest.landed > 0
                {%- if is_incremental() %}
                    and {{ is_not_staged() }}
                {%- endif %}
                order by manifest.bronze_path
            {%- endset -%}
        {%- else -%}
            {%- set landed -%}
                select manifest.bronze_path
                from {{ source('bronze', 'manifest') }} as manifest
                where
                    manifest.format = 'hl7v2'
                    and manifest.landed > 0
                    and manifest.file_sha256 in (
                        select messages.file_sha256
                        from {{ known }} as messages
                        where
                            {%- for segment_id in segment_ids %}
                            {{ 'or ' if not loop.first }}list_contains(messages.segment_ids, '{{ segment_id }}')
                            {%- endfor %}
                    )
                {%- if is_incremental() %}
                    and {{ is_not_staged() }}
                {%- endif %}
                order by manifest.bronze_path
            {%- endset -%}
        {%- endif -%}
        {%- set files = run_query(landed).columns[0].values() -%}
    {%- endif -%}
    {{ return(files) }}
{%- endmacro %}

{#
    One row per message: provenance, the feed's time zone, `segment_texts` (the message's segments in
    order, in the form described above) and MSH-7 as `message_at`. Given `segment_ids`, those messages
    alone that may have one of them.
#}
{% macro hl7v2_messages(files, segment_ids=[]) -%}
    with records as (
        select
            source_system,
            feed,
            file_sha256,
            record_index,
            received_at,
            record_type,
            control_id,
            delimiters,
            record_text,
            {{ hl7_effective_delimiters('delimiters') }} as declared
        from {{ bronze_records(files) }}
        where
            format = 'hl7v2'
            {%- if segment_ids %}
            -- What cannot have such a segment need not be split.
            and ({% for id in segment_ids %}{{ ' or ' if not loop.first }}contains(record_text, '{{ id }}'){% endfor %})
            {%- endif %}
    ),

    marked as (
        select
            *,
            {{ hl7_needs_rewriting('record_text', 'declared') }} as is_rewritten
        from records
    ),

    replaced as (
        select
            *,
            case when is_rewritten and declared = '|^~\&' then {{ hl7_replaced('substr(record_text, 4 + length(delimiters)::integer)') }} end
                as replaced_text
        from marked
    ),

    rewritten as (
        select
            *,
            case
                when replaced_text is not null and not contains(replaced_text, '\') then 'MSH|^~\&' || replaced_text
                when is_rewritten then {{ hl7_rewritten('substr(record_text, 4 + length(delimiters)::integer)', 'declared') }}
                else record_text
            end as rewritten_text
        from replaced
    ),

    standard as (
        select
            *,
            {{ hl7_carriage_returns('rewritten_text') }} as message_text
        from rewritten
    ),

    texts as (
        select
            standard.*,
            coalesce(feeds.time_zone, 'UTC') as time_zone,
            case
                when contains(standard.message_text, '""') then false
                when standard.is_rewritten then not regexp_matches(standard.message_text, '[\x{FDD0}-\x{FDD3}]')
                else true
            end as is_plain,
            regexp_extract(standard.message_text, '^(?:[^|]*[|]){6}([^|\r]*)', 1) as message_time
        from standard
        left join {{ source('ingest', 'feeds') }} as feeds
            on standard.source_system = feeds.source_system and standard.feed = feeds.feed
    )

    select
        source_system,
        feed,
        file_sha256,
        record_index,
        file_sha256 || ':' || record_index as source_record_id,
        cast(received_at at time zone 'UTC' as timestamp) as received_at,
        record_type as message_type,
        control_id,
        time_zone,
        is_plain,
        string_split(message_text, chr(13)) as segment_texts,
        {{ hl7_timestamp('message_time', 'time_zone') }} as message_at
    from texts
{%- endmacro %}

{#
    One row per segment with one of the ids, and its `fields`: `fields[n + 1]` is field n, for MSH too
    (MSH-1 is the separator itself).

    `anchors`: for each id a column `<id>_index`, the `segment_index` of the nearest such segment
    before this one (PID of the patient, OBR of the order group …); 'parent' is the nearest segment
    that is no note: where an NTE belongs.

    `repeated_time`: a field whose time most of a message's segments repeat. What the first of them says
    is in `repeated_text`, and as an instant in `repeated_at`, so that a zone is converted once a
    message and not once a segment; `hl7_repeated_at` reads it.
#}
{% macro hl7v2_segments(segment_ids, files, anchors=[], repeated_time=none) -%}
    with messages as (
        {{ hl7v2_messages(files, segment_ids) }}
    ),

    -- What most segments are is told by their first four characters, and where they stand by the list of these.
    outlined as (
        select
            *,
            list_transform(segment_texts, lambda segment_text: substr(segment_text, 1, 4)) as outline
        from messages
    ),

    placed as (
        select
            *,
            list_filter(
                range(1, len(outline) + 1), lambda place: outline[place] in ('{{ segment_ids | join("|', '") }}|')
            ) as places
            {%- if anchors %},
            list_reverse(outline) as reversed_outline
            {%- endif %}
            {%- if 'parent' in anchors %},
            list_transform(outline, lambda segment_start: segment_start <> 'NTE|') as parents
            {%- endif %}
            {%- if repeated_time is not none %},
            string_split(list_extract(segment_texts, list_position(outline, '{{ segment_ids[0] }}|')), '|')[{{ repeated_time + 1 }}] as repeated_text
            {%- endif %}
        from outlined
    ),

    -- Before messages become segments: what is said beside an `unnest` is worked out for each of its rows.
    anchored as (
        select
            *
            {%- if repeated_time is not none %},
            {{ hl7_timestamp('repeated_text', 'time_zone') }} as repeated_at
            {%- endif %}
            {%- for anchor in anchors %}
            {%- set wanted = 'true' if anchor == 'parent' else "'" ~ anchor ~ "|'" %}
            {%- set outline = 'parents' if anchor == 'parent' else 'outline' %}
            {%- set reversed = 'list_reverse(parents)' if anchor == 'parent' else 'reversed_outline' %},
            list_position({{ outline }}, {{ wanted }}) as first_{{ anchor | lower }},
            len(outline) + 1 - list_position({{ reversed }}, {{ wanted }}) as last_{{ anchor | lower }}
            {%- endfor %}
        from placed
    ),

    unnested as (
        select
            * exclude (places),
            unnest(places) as segment_index
        from anchored
    )

    select
        source_system,
        feed,
        file_sha256,
        record_index,
        source_record_id,
        received_at,
        message_type,
        control_id,
        message_at,
        time_zone,
        is_plain,
        segment_index,
        {%- if repeated_time is not none %}
        repeated_text,
        repeated_at,
        {%- endif %}
        {%- for anchor in anchors %}
        {%- set name = anchor | lower %}
        -- Mostly a message has one of each anchor at most, before all that is wanted.
        case
            when last_{{ name }} < segment_index then last_{{ name }}
            when first_{{ name }} < segment_index
                then segment_index - list_position(
                    list_reverse({{ 'parents' if anchor == 'parent' else 'outline' }}[1:segment_index - 1]),
                    {{ 'true' if anchor == 'parent' else "'" ~ anchor ~ "|'" }}
                )
        end as {{ name }}_index,
        {%- endfor %}
        string_split(segment_texts[segment_index], '|') as fields
    from unnested
{%- endmacro %}

{#
    A staging model: a row of provenance, and of the columns that the caller gives, per segment with one of the ids.
#}
{% macro hl7v2_typed(segment_ids, anchors=[]) -%}
{%- set files = hl7v2_files(segment_ids) -%}
{%- set columns = caller() | trim -%}
with segments as (
    {{ hl7v2_segments(segment_ids, files, anchors) }}
),

parts as (
    select
        *
        {{- hl7v2_values(columns) }}
    from segments
),

typed as (
    select
        {{ hl7v2_provenance(anchors) }},
        {{ columns }}
    from parts
)

select * from typed
{%- endmacro %}

{#
    The columns that every row of HL7 v2 staging carries. Where rows are many, the 70 characters of
    `source_record_id` are left to the reader: it is `file_sha256 || ':' || record_index`.
#}
{% macro hl7v2_provenance(anchors=[], with_record_id=true) -%}
    source_system,
    feed,
    file_sha256,
    record_index,
    {%- if with_record_id %}
    source_record_id,
    {%- endif %}
    received_at,
    message_type,
    message_at,
    segment_index
    {%- for anchor in anchors %},
    {{ anchor | lower }}_index
    {%- endfor %}
{%- endmacro %}


{# ---- delimiters ------------------------------------------------------------------------------ #}

{#
    Segments end with CR (2.5.1). Where a message has CR, a bare LF is text inside a field; where it
    has none, an LF ends a segment only when another segment follows it.
#}
{% macro hl7_carriage_returns(text) -%}
    {{ return(adapter.dispatch('hl7_carriage_returns')(text)) }}
{%- endmacro %}

{% macro default__hl7_carriage_returns(text) -%}
    case
        when not contains({{ text }}, chr(10)) then {{ text }}
        when contains({{ text }}, chr(13)) then replace({{ text }}, chr(13) || chr(10), chr(13))
        else rtrim(regexp_replace({{ text }}, '\n+([A-Z][A-Z0-9]{2}\|)', chr(13) || '\1', 'g'), chr(10))
    end
{%- endmacro %}

{#
    The delimiters a message means, from MSH-1 and MSH-2 as sent. MSH-2 may be short: a delimiter that
    is not declared does not exist, and its character is plain text. Where one character is declared
    for two purposes (a doubled backslash from program source, a header damaged on its way) nothing
    could be read by it, and the recommended characters of 2.5.4 are meant.
#}
{% macro hl7_effective_delimiters(delimiters) -%}
    case
        when {{ delimiters }} in ('|^~\&', '|^~\&#') then '|^~\&'
        when len(list_distinct(string_split(left({{ delimiters }}, 5), ''))) < length(left({{ delimiters }}, 5))
            then {{ delimiters }}[1] || '^~\&'
        else {{ delimiters }}
    end
{%- endmacro %}

{#
    Whether a message has other delimiters or what may be an escape sequence. (The `\&` of MSH-2 is none:
    most messages have no other backslash, and need no second look. Looking for a dozen short texts is faster
    than cutting the header off.) A `case`, since of `and` and `or` DuckDB computes every side for every row.
#}
{% macro hl7_needs_rewriting(text, declared) -%}
    case
        when {{ declared }} <> '|^~\&' then true
        when {{ text }} like '%\%\%'
            then
                {%- for escape in ['F\\', 'S\\', 'T\\', 'R\\', 'E\\', 'P\\', 'H\\', 'N\\', '.', 'X', 'C', 'M'] %}
                {{ 'or ' if not loop.first }}contains({{ text }}, '\{{ escape }}')
                {%- endfor %}
        else false
    end
{%- endmacro %}

{#
    A message in standard delimiters with its escape sequences resolved (2.7); `text` begins behind MSH-2.
    Formatting commands become line breaks, highlighting vanishes, `\Xhh\` is UTF-8
    where it can be, else Latin-1; what is no escape sequence stays as it is.
    Where the delimiters are the standard ones, all that lies between two backslashes stays as one piece, and the
    pattern is the same for every message: one made anew for each takes a hundred times as long as the search.
#}
{% macro hl7_rewritten(text, declared) -%}
    {{ return(adapter.dispatch('hl7_rewritten')(text, declared)) }}
{%- endmacro %}

{% macro default__hl7_rewritten(text, declared) -%}
    {%- set sequences = "(?:[FSRTEPHN]|\\.[a-z]{2}[+-]?[0-9]*|X(?:[0-9A-Fa-f]{2})+|[CM][0-9A-Fa-f]{4,6})" -%}
    'MSH|^~\&' || array_to_string(
                list_transform(
                    case {{ declared }}
                        when '|^~\&' then regexp_extract_all({{ text }}, '(?s)\\{{ sequences }}\\|[^\\]+|.')
                        else
                            regexp_extract_all(
                                {{ text }},
                                '(?s)'
                                || case
                                    when length({{ declared }}) < 4 then ''
                                    else regexp_escape({{ declared }}[4]) || '{{ sequences }}' || regexp_escape({{ declared }}[4]) || '|'
                                end
                                || '[^' || regexp_escape({{ declared }} || '|^~\&') || ']+|.'
                            )
                    end,
                    lambda token: case
                        when length(token) = 1 or token[1] <> {{ declared }}[4]
                            then case
                                when {{ declared }} = '|^~\&' then token
                                when token = {{ declared }}[1] then '|'
                                when token = {{ declared }}[2] then '^'
                                when token = {{ declared }}[3] then '~'
                                when token = {{ declared }}[5] then '&'
                                else {{ hl7_as_text('token') }}
                            end
                        when token[2] = 'X' then {{ hl7_as_text(hl7_hexadecimal('token[3:-2]')) }}
                        when token[2] = '.'
                            then case token[3:4]
                                when 'br' then chr(10)
                                when 'ce' then chr(10)
                                when 'sp' then repeat(chr(10), least(coalesce(try_cast(token[5:-2] as integer), 1), 100))
                                when 'sk' then repeat(' ', least(coalesce(try_cast(token[5:-2] as integer), 1), 1000))
                                else ''
                            end
                        else
                            case token[2]
                                when 'F' then {{ hl7_as_text(declared ~ '[1]') }}
                                when 'S' then {{ hl7_as_text(declared ~ '[2]') }}
                                when 'R' then {{ hl7_as_text(declared ~ '[3]') }}
                                when 'E' then {{ hl7_as_text(declared ~ '[4]') }}
                                when 'T' then {{ hl7_as_text(declared ~ '[5]') }}
                                when 'P' then '#'
                                else ''
                            end
                    end
                ),
                ''
            )
{%- endmacro %}

{#
    The usual escape sequences, replaced one kind after another. Right where no backslash is left: then each belongs to
    one of the sequences replaced, which is how they are read from left to right. Several times faster than that.
#}
{% macro hl7_replaced(text) -%}
    {%- set ns = namespace(sql=text) -%}
    {%- for letter, code in {'F': 64976, 'S': 64977, 'R': 64978, 'T': 64979, '.br': 10}.items() -%}
        {%- set ns.sql = "replace(" ~ ns.sql ~ ", '\\" ~ letter ~ "\\', chr(" ~ code ~ "))" -%}
    {%- endfor -%}
    {{ ns.sql }}
{%- endmacro %}

{# Characters that would split, as characters that do not. #}
{% macro hl7_as_text(text) -%}
    translate({{ text }}, '|^~&', chr(64976) || chr(64977) || chr(64978) || chr(64979))
{%- endmacro %}

{% macro hl7_hexadecimal(digits) -%}
    replace(coalesce(
        try(decode(unhex({{ digits }}))),
        array_to_string(list_transform(
            regexp_extract_all({{ digits }}, '..'), lambda pair: chr(cast('0x' || pair as integer))
        ), '')
    ), chr(13), chr(10))
{%- endmacro %}


{# ---- values ---------------------------------------------------------------------------------- #}

{# A value as text; empty and the HL7 null `""` as null. Most values are empty: those first. #}
{% macro hl7_text(value) -%}
    case when {{ value }} <> '' then case when is_plain then {{ value }} else {{ hl7_text_of_any(value) }} end end
{%- endmacro %}

{% macro hl7_text_of_any(value) -%}
    nullif(nullif(translate({{ value }}, chr(64976) || chr(64977) || chr(64978) || chr(64979), '|^~&'), ''), '""')
{%- endmacro %}

{# A list of values as a list of texts; what is empty stays so. #}
{% macro hl7_texts(values) -%}
    case
        when is_plain then {{ values }}
        else list_transform({{ values }}, lambda value: {{ hl7_text_of_any('value') }})
    end
{%- endmacro %}

{#
    The raw text at a path 'field[.component[.subcomponent]]' of the first repetition: the name of a column of
    `hl7v2_values`.
-#}
{% macro hl7_raw(path) -%}
    value_{{ path | replace('.', '_') }}
{%- endmacro %}

{#- A whole field with all its repetitions, likewise. -#}
{% macro hl7_field(field) -%}
    field_{{ field }}
{%- endmacro %}

{#- The components of a field that is there once, as most are; null where it is empty or repeated. -#}
{% macro hl7_components(field) -%}
    components_{{ field }}
{%- endmacro %}

{#
    The columns that `columns` names by `hl7_raw`, `hl7_field` and `hl7_components`, each with a comma before it. A value
    is cut out once and used many times: what stands twice in a `case` is computed twice, and the parts that paths of one
    field have in common are computed once only where no `case` is around them.
#}
{% macro hl7v2_values(columns, fields='fields') -%}
    {%- set names = modules.re.findall('\\b(?:value|field|components)(?:_[0-9]+)+\\b', columns) if execute else [] -%}
    {%- set paths_of = {} -%}
    {%- for name in names | unique if name.startswith('value_') -%}
        {%- do paths_of.setdefault(name.split('_')[1], []).append(name) -%}
    {%- endfor -%}
    {%- for name in names | unique | sort -%}
        {%- set steps = name.split('_') -%}
        {%- set ns = namespace(sql=fields ~ '[' ~ (steps[1] | int + 1) ~ ']') -%}
        {%- set path = steps[1:] | join('_') -%}
        {%- set field = steps[1] -%}
        {%- if path in [field, field ~ '_1'] and paths_of[field] == [name] -%}
            {#- The first component and nothing else of the field, which mostly has no other: it need not be split. -#}
            {%- set whole = ns.sql -%}
            {%- set ns.sql = 'case' -%}
            {%- if path != field -%}
                {%- set ns.sql = ns.sql ~ ' when contains(' ~ whole ~ ", '^') then string_split(string_split(" ~ whole ~ ", '~')[1], '^')[1]" -%}
            {%- endif -%}
            {%- set ns.sql = ns.sql ~ ' when contains(' ~ whole ~ ", '~') then string_split(" ~ whole ~ ", '~')[1] else " ~ whole ~ ' end' -%}
        {%- elif steps[0] == 'value' -%}
            {%- for separator in ['~', '^', '&'][:steps[1:] | length] -%}
                {%- set place = 1 if loop.first else steps[loop.index] -%}
                {%- set ns.sql = 'string_split(' ~ ns.sql ~ ", '" ~ separator ~ "')[" ~ place ~ ']' -%}
            {%- endfor -%}
        {%- elif steps[0] == 'components' -%}
            {%- set ns.sql = 'case when ' ~ ns.sql ~ " <> '' and not contains(" ~ ns.sql ~ ", '~') then string_split(" ~ ns.sql ~ ", '^') end" -%}
        {%- endif -%}
        ,
        {{ ns.sql }} as {{ name }}
    {%- endfor -%}
{%- endmacro %}

{# The text at a path; several paths: the first that has a value. #}
{% macro hl7(path) -%}
    {%- if varargs -%}
        coalesce({{ hl7_text(hl7_raw(path)) }}
        {%- for other in varargs %}, {{ hl7_text(hl7_raw(other)) }}{% endfor %})
    {%- else -%}
        {{ hl7_text(hl7_raw(path)) }}
    {%- endif -%}
{%- endmacro %}

{# A whole field as text with its repetitions as lines (FT, TX): for notes and narrative. #}
{% macro hl7_lines(field) -%}
    {{ hl7_text("replace(" ~ hl7_field(field) ~ ", '~', chr(10))") }}
{%- endmacro %}

{% macro hl7_number(path) -%}
    try_cast({{ hl7_raw(path) }} as double)
{%- endmacro %}

{% macro hl7_integer(path) -%}
    try_cast({{ hl7_raw(path) }} as integer)
{%- endmacro %}

{% macro hl7_at(path) -%}
    {{ hl7_timestamp(hl7_raw(path), 'time_zone') }}
{%- endmacro %}

{# The time of a field that `hl7v2_segments` was told to be repeated. #}
{% macro hl7_repeated_at(value) -%}
    case when {{ value }} = repeated_text then repeated_at else {{ hl7_timestamp(value, 'time_zone') }} end
{%- endmacro %}

{% macro hl7_at_precision(path) -%}
    {{ hl7_precision(hl7_raw(path)) }}
{%- endmacro %}

{#
    The repetitions of a field as a list of structs. `members`: name → path inside one repetition
    ('4.1'), or a list of paths of which the first with a value counts; or members of a struct of their own, for what
    stands far behind and is mostly not there. No repetition: null.
    `shape`: a macro that makes another struct of the members' SQL, given `of_shape`.
    A lambda takes longer than the same without one, so a field that is there once has none.
#}
{% macro hl7_list(field, members, shape=none, of_shape=none) -%}
    {%- set value = hl7_field(field) -%}
    {%- set components = hl7_components(field) -%}
    case
        when {{ components }} is not null and is_plain
            then [{{ hl7_struct(hl7_in_components(members, components, true), shape, of_shape) }}]
        -- Before the others: a lambda costs as much for a thousand empty fields as for full ones.
        when {{ hl7_is_empty(value) }} then null
        {%- for is_plain in [true, false] %}
        {{ 'when is_plain then' if is_plain else 'else' }}
            {{ 'list_transform(' if shape }}list_transform(
                list_transform({{ hl7_repetitions(value) }}, lambda repetition: string_split(repetition, '^')),
                lambda components: {{ hl7_struct(hl7_in_components(members, 'components', is_plain)) }}
            )
            {%- if shape -%}
            , lambda element: {{ hl7_struct(hl7_in_struct(members, 'element'), shape, of_shape) }})
            {%- endif %}
        {%- endfor %}
    end
{%- endmacro %}

{#- Name → SQL as a struct, or as what `shape` makes of them. -#}
{% macro hl7_struct(members, shape=none, of_shape=none) -%}
    {%- if shape -%}
        {{ shape(members, of_shape) }}
    {%- else -%}
        {
            {%- for name, value in members.items() %}
            '{{ name }}': {{ value }}{{ ',' if not loop.last }}
            {%- endfor %}
        }
    {%- endif -%}
{%- endmacro %}

{#- Also where the segment ends before the field. -#}
{% macro hl7_is_empty(value) -%}
    coalesce({{ value }}, '') in ('', '""')
{%- endmacro %}

{% macro hl7_repetitions(value) -%}
    case
        when contains({{ value }}, '~')
            then list_filter(string_split({{ value }}, '~'), lambda repetition: repetition not in ('', '""'))
        else [{{ value }}]
    end
{%- endmacro %}

{#- The SQL of each member: out of the list of components of one repetition, or out of a struct. -#}
{% macro hl7_in_components(members, components, is_plain) -%}
    {%- set found = {} -%}
    {%- for name, paths in members.items() -%}
        {%- if paths is mapping -%}
            {%- do found.update({name: hl7_late_components(paths, components, is_plain)}) -%}
        {%- else -%}
            {%- set expressions = [] -%}
            {%- for path in ([paths] if paths is string else paths) -%}
                {%- do expressions.append(hl7_in_component(components, path.split('.'), is_plain)) -%}
            {%- endfor -%}
            {%- do found.update({
                name: expressions[0] if expressions | length == 1 else 'coalesce(' ~ expressions | join(', ') ~ ')'
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- Components that most senders leave out, a struct of their own: null where the repetition ends before them. -#}
{%- macro hl7_late_components(members, components, is_plain) -%}
    {%- set places = [] -%}
    {%- for paths in members.values() -%}
        {%- for path in ([paths] if paths is string else paths) -%}
            {%- do places.append(path.split('.')[0] | int) -%}
        {%- endfor -%}
    {%- endfor -%}
    case when len({{ components }}) >= {{ places | min }} then {{ hl7_struct(hl7_in_components(members, components, is_plain)) }} end
{%- endmacro -%}

{#- Few components have subcomponents: most need not be split for their first. -#}
{% macro hl7_in_component(components, steps, is_plain) -%}
    {%- set component = components ~ '[' ~ steps[0] ~ ']' -%}
    {%- set subcomponent = 'string_split(' ~ component ~ ", '&')[" ~ steps[1] ~ ']' -%}
    {%- if not is_plain -%}
        {{ hl7_text_of_any(component if steps | length == 1 else subcomponent) }}
    {%- elif steps | length == 1 -%}
        nullif({{ component }}, '')
    {%- else -%}
        case
            when contains({{ component }}, '&') then nullif({{ subcomponent }}, '')
            {%- if steps[1] == '1' %} else nullif({{ component }}, ''){% endif %}
        end
    {%- endif -%}
{%- endmacro %}

{% macro hl7_in_struct(members, struct) -%}
    {%- set found = {} -%}
    {%- for name in members -%}
        {%- do found.update({name: struct ~ '.' ~ name}) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{# CX: identifiers (2.A.14), the authority by namespace, else by universal id; who issued it and for when. #}
{% macro hl7_identifiers(field) -%}
    {{ hl7_list(field, {
        'value': '1', 'check': '2', 'authority': ['4.1', '4.2'], 'type': '5',
        'issued': {'by': ['6.1', '9.2', '9.1'], 'start': '7', 'end': '8'},
    }) }}
{%- endmacro %}

{# XPN: names of persons (2.A.88). #}
{% macro hl7_names(field) -%}
    {{ hl7_list(field, {
        'family': '1.1', 'given': '2', 'middle': '3', 'suffix': '4', 'prefix': '5', 'degree': '6', 'type': '7',
        'professional_suffix': '14', 'validity': {'start': ['12', '10.1'], 'end': ['13', '10.2']},
    }) }}
{%- endmacro %}

{# XAD: addresses (2.A.86). #}
{% macro hl7_addresses(field) -%}
    {{ hl7_list(field, {
        'line': '1.1', 'other': '2', 'city': '3', 'state': '4', 'postal_code': '5', 'country': '6',
        'type': '7', 'county': ['9.1', '9.2'], 'validity': {'start': ['13', '12.1'], 'end': ['14', '12.2']},
    }) }}
{%- endmacro %}

{# XTN: telecommunication numbers (2.A.89); `use` where the number itself has none. #}
{% macro hl7_telecoms(field, use=none) -%}
    {{ hl7_list(field, {
        'formatted': ['12', '1'], 'use': '2', 'equipment': '3', 'email': '4',
        'country': '5', 'area': '6', 'local': '7', 'extension': '8', 'validity': {'start': '13', 'end': '14', 'rank': '18'},
    }, shape=hl7_telecom, of_shape=use) }}
{%- endmacro %}

{# The number as formatted (XTN-12, before 2.7 XTN-1), else put together of country, area and local number. #}
{% macro hl7_telecom(members, use) -%}
    {
        'number': coalesce(
            {{ members.formatted }},
            case
                when {{ members.local }} is not null
                    then concat_ws(' ', '+' || ltrim({{ members.country }}, '+'), {{ members.area }}, {{ members.local }})
            end
        ),
        'email': coalesce({{ members.email }}, case when contains({{ members.formatted }}, '@') then {{ members.formatted }} end),
        'use': {{ "coalesce(" ~ members.use ~ ", '" ~ use ~ "')" if use else members.use }},
        'equipment': {{ members.equipment }},
        'extension': {{ members.extension }},
        'country': {{ members.country }},
        'area': {{ members.area }},
        'local': {{ members.local }},
        'validity': {{ members.validity }}
    }
{%- endmacro %}

{# XCN: persons with an id (2.A.87). #}
{% macro hl7_persons(field) -%}
    {{ hl7_list(field, {
        'value': '1', 'family': '2.1', 'given': '3', 'middle': '4', 'suffix': '5', 'prefix': '6', 'degree': '7',
        'authority': ['9.1', '9.2'], 'type': '13', 'professional_suffix': '21',
    }) }}
{%- endmacro %}

{# NDL: who did something (2.A.47), a person in its first component; some senders write an XCN. #}
{% macro hl7_doers(field) -%}
    {{ hl7_list(field, {
        'value': '1.1', 'family': ['1.2', '2.1'], 'given': ['1.3', '3'], 'middle': '1.4', 'suffix': '1.5', 'prefix': '1.6',
        'degree': '1.7', 'authority': ['1.9', '9.1'], 'type': '13', 'professional_suffix': '21',
    }) }}
{%- endmacro %}

{# PL: a place (2.A.53), the first of a field. #}
{% macro hl7_place(field) -%}
    {{ hl7_first(hl7_list(field, {
        'point_of_care': '1.1', 'room': '2', 'bed': '3', 'facility': ['4.1', '4.2'], 'building': '7', 'floor': '8', 'description': '9',
    })) }}
{%- endmacro %}

{# CE, CWE, CNE: coded values (2.A.13) of a field. #}
{% macro hl7_codes(field) -%}
    {{ hl7_list(field, {
        'code': '1', 'display': '2', 'system': '3', 'alternate_code': '4', 'alternate_display': '5',
        'alternate_system': '6', 'original_text': '9',
    }) }}
{%- endmacro %}

{#- The first repetition of a list macro: one struct, or null. -#}
{% macro hl7_first(list_sql) -%}
    ({{ list_sql }})[1]
{%- endmacro %}

{#
    Where a segment holds the HL7 null, as paths ('13', '5.3'): the source erases what it said before (2.5.3).
    Components count in the first repetition. Few messages hold any: those have `is_plain` false.
#}
{% macro hl7_null_fields() -%}
    case
        when not is_plain
            then list_filter(
                flatten(list_transform(
                    range(1, len(fields)),
                    lambda field: case
                        when fields[field + 1] = '""' then [field::varchar]
                        when contains(fields[field + 1], '""')
                            then list_transform(
                                range(1, len(string_split(string_split(fields[field + 1], '~')[1], '^')) + 1),
                                lambda component: case
                                    when string_split(string_split(fields[field + 1], '~')[1], '^')[component] = '""'
                                        then field::varchar || '.' || component::varchar
                                end
                            )
                    end
                )),
                lambda path: path is not null
            )
    end
{%- endmacro %}

{#
    The columns that `null_fields` erases: `erases` says which columns each path feeds. A whole field that is null
    erases what its components feed as well.
#}
{% macro hl7_null_columns(null_fields, erases) -%}
    case
        when len({{ null_fields }}) > 0
            then list_distinct(list_concat(
                []::varchar[]
                {%- for path, columns in erases.items() %},
                case
                    when
                        list_contains({{ null_fields }}, '{{ path }}')
                        {%- if '.' in path %} or list_contains({{ null_fields }}, '{{ path.split('.')[0] }}'){% endif %}
                        then ['{{ columns | join("', '") }}']
                    else []::varchar[]
                end
                {%- endfor %}
            ))
    end
{%- endmacro %}


{# ---- what the int_ models share -------------------------------------------------------------- #}

{# The NPI of an XCN struct: ten digits that the sender calls so, in XCN-9 or XCN-13. #}
{% macro hl7_npi(person) -%}
    case
        when
            upper({{ person }}.authority) in ('NPI', '2.16.840.1.113883.4.6')
            or upper({{ person }}.type) = 'NPI'
            then {{ person }}.value
    end
{%- endmacro %}

{% macro hl7_practitioner_key(person, source_system) -%}
    {{ practitioner_key(hl7_npi('(' ~ person ~ ')'), source_system, '(' ~ person ~ ').authority', '(' ~ person ~ ').value') }}
{%- endmacro %}

{# Table 0001 to AdministrativeGender, by HL7's map. #}
{% macro hl7_gender(sex) -%}
    case upper({{ sex }})
        when 'M' then 'male'
        when 'F' then 'female'
        when 'O' then 'other'
        when 'A' then 'other'
        when 'N' then 'other'
        when 'U' then 'unknown'
    end
{%- endmacro %}

{# A report: the filler's order number and service; without one, the record and its OBR. #}
{% macro hl7_report_key(order_group, person) -%}
    coalesce(
        {{ order_group }}.filler_order_number || '|' || coalesce({{ order_group }}.service_code, {{ order_group }}.service_display, ''),
        {{ order_group }}.placer_order_number || '|' || coalesce({{ order_group }}.service_code, {{ order_group }}.service_display, ''),
        {{ order_group }}.source_record_id || ':' || {{ order_group }}.segment_index
    )
{%- endmacro %}
