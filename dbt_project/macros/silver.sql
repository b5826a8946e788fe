{#
    How silver makes one row of what several sources, and several versions of one source, say.

    Here: the mechanics (who the person is, newest version, merge, canonical code). Which key makes two
    rows the same fact, and which source leads, is each model's own decision, in the model.
#}

{# All sources of a resource with the person's `patient_id` (null where identity knows none). #}
{% macro int_with_patient(resource, formats) -%}
    select
        sources.*,
        patient_xref.patient_id
    from ({{ int_union(resource, formats) }}) as sources
    left join {{ ref('patient_xref') }} as patient_xref
        on
            sources.source_system = patient_xref.source_system
            and sources.id_authority = patient_xref.id_authority
            and sources.id_value = patient_xref.id_value
{%- endmacro %}

{# The person for a key that is only unique within one: the patient, else the source's own number. #}
{% macro person_scope(prefix='') -%}
    coalesce({{ prefix }}patient_id, {{ prefix }}source_system || ':' || {{ prefix }}id_authority || ':' || {{ prefix }}id_value, '')
{%- endmacro %}

{#
    An assigning authority, however it is written: HL7 v2 says `REFLAB`, FHIR `urn:id:reflab:accession`
    (authority, then the kind of number).
#}
{% macro namespace_key(namespace) -%}
    case when {{ namespace }} like 'urn:id:%' then upper(split_part({{ namespace }}, ':', 3)) else upper({{ namespace }}) end
{%- endmacro %}

{#
    The key of a visit: its number is unique under its assigning authority, else only within a person.
#}
{% macro visit_key(prefix='') -%}
    coalesce('authority' || chr(31) || {{ namespace_key(prefix ~ 'visit_namespace') }}, 'person' || chr(31) || {{ person_scope(prefix) }})
    || chr(31) || {{ prefix }}visit_number
{%- endmacro %}

{# The same before it is known who the person is: under the number that the message gave. #}
{% macro stated_visit_key(prefix, number='visit_number', namespace='visit_namespace') -%}
    coalesce(
        'authority' || chr(31) || {{ namespace_key(prefix ~ namespace) }},
        'person' || chr(31) || {{ prefix }}source_system || chr(31) || {{ prefix }}id_authority || chr(31) || {{ prefix }}id_value
    )
    || chr(31) || {{ prefix }}{{ number }}
{%- endmacro %}

{#
    `relation` with its `match_key`: two resources of one FHIR feed are two facts, whatever they share. The first keeps the
    key that other sources may name too, each further one has a key of its own. `relation` has base_key, source_key, feed
    and int_format; it is read twice, so that nobody ranks what other formats say: a common table expression wants `not
    materialized`.
#}
{% macro with_fact_key(relation) -%}
    select
        words.*,
        words.base_key || case
            when words.source_key > first_resources.source_key then chr(31) || words.source_key
            else ''
        end as match_key
    from {{ relation }} as words
    left join (
        select
            base_key,
            source_system,
            feed,
            int_format,
            min(source_key) as source_key
        from {{ relation }}
        where int_format = 'fhir'
        group by base_key, source_system, feed, int_format
        having min(source_key) < max(source_key)
    ) as first_resources
        on
            words.base_key = first_resources.base_key
            and words.source_system = first_resources.source_system
            and words.feed = first_resources.feed
            and words.int_format = first_resources.int_format
{%- endmacro %}

{#
    One row per `key` of `relation`, which has this column (never null) and `lead_order` (lower leads; equal: the
    newest). Each column is the leading row's, or, where that is silent, the next one's. `together`: groups of columns
    that are only taken as a whole from the leading row.
    Almost all keys have one row, which passes without being grouped or held in memory: told apart by the hash
    of its key, for which a collision means no more than a group of one. `relation` is read several times: a
    common table expression wants `not materialized`, or DuckDB keeps all of it in memory.

    `nulls`: the relation has `null_columns`, the columns that its source erases (an HL7 null `""`, 2.5.3; a
    cancelled discharge). What the same source said of them before counts no more, whatever arrived first; what
    other sources say does. A field that is merely absent erases nothing.
    `tie_order`: the relation has `tie_order`, which of two words of one moment follows from the other (a
    correction after a result): higher leads.
#}
{% macro merged(relation, columns, together=[], nulls=false, tie_order=false, key='match_key') -%}
    {%- set place = newest_first(between=['tie_order'] if tie_order else []) -%}
    select
        {{ key }},
        {%- for column in columns %}
        "{{ column }}",
        {%- endfor %}
        source_system,
        source_record_id,
        recorded_at,
        [source_system] as source_systems,
        [source_record_id] as source_record_ids
    from {{ relation }} as words
    {{ join_repeated_keys('anti', relation, key) }}
    {%- for has_nulls in ([false, true] if nulls else [false]) %}
    union all by name
    {% call grouped_words(columns, together, key, has_nulls) %}
        select
            words.*,
            {{ merge_place(place) }} as merge_place
            {%- if has_nulls %},
            coalesce(flatten(list(null_columns) over (
                partition by {{ key }}, source_system
                order by {{ place }}
                rows between unbounded preceding and 1 preceding
            )), []) as erased
            {%- endif %}
        from {{ relation }} as words
        {{ join_repeated_keys('inner' if nulls else 'semi', relation, key, nulls) }}
        {{ 'where repeated.has_nulls' if has_nulls else ('where not repeated.has_nulls' if nulls) }}
    {% endcall %}
    {%- endfor %}
{%- endmacro %}

{#
    As `merged`, of what was told more than once only, and for a `relation` of which most of that was told just twice:
    the two words are joined, which takes a third of the work of a group, whose every column keeps a copy of its place.
    The relation is a table, or a view of tables: it is read six times.
#}
{% macro merged_pairs(relation, columns, together=[], tie_order=false, key='match_key') -%}
    {%- set place = newest_first(between=['tie_order'] if tie_order else []) -%}
    {%- set first_place = merge_place(place) -%}
    {%- set second_place = merge_place(place, last_first=true) -%}
    -- Where both words have one place, neither is the first: they are grouped.
    with pairs as materialized (
        select
            {{ key }},
            min(first_place) as first_place,
            min(second_place) as second_place
        from (
            select
                words.{{ key }},
                {{ first_place }} as first_place,
                {{ second_place }} as second_place
            from {{ relation }} as words
            {{ join_repeated_keys('semi', relation, key) }}
        )
        group by {{ key }}
        having count(*) = 2 and min(first_place) < max(first_place)
    ),

    -- The second is the first from behind: by the same key for both DuckDB would take the words of both for the same, and
    -- hold them in memory.
    first_words as (
        select words.*
        from {{ relation }} as words
        semi join pairs on words.{{ key }} = pairs.{{ key }} and {{ first_place }} = pairs.first_place
    ),

    second_words as (
        select words.*
        from {{ relation }} as words
        semi join pairs on words.{{ key }} = pairs.{{ key }} and {{ second_place }} = pairs.second_place
    )

    select
        first_words.{{ key }},
        {%- for column in columns + ['source_system', 'source_record_id', 'recorded_at'] %}
        {%- if column in together %}
        first_words."{{ column }}",
        {%- else %}
        coalesce(first_words."{{ column }}", second_words."{{ column }}") as "{{ column }}",
        {%- endif %}
        {%- endfor %}
        {{ both_of_pair('source_system') }} as source_systems,
        {{ both_of_pair('source_record_id') }} as source_record_ids
    from first_words
    inner join second_words on first_words.{{ key }} = second_words.{{ key }}
    union all by name
    {% call grouped_words(columns, together, key) %}
        select
            words.*,
            {{ first_place }} as merge_place
        from {{ relation }} as words
        {{ join_repeated_keys('semi', relation, key) }}
        anti join pairs on words.{{ key }} = pairs.{{ key }}
    {% endcall %}
{%- endmacro %}

{# One row per `key` of the words that the caller selects: they have `merge_place`, and `erased` where `has_nulls`. #}
{% macro grouped_words(columns, together, key, has_nulls=false) -%}
    select
        {{ key }},
        {%- for column in columns %}
        {%- if column in together %}
        arg_min_null("{{ column }}", merge_place) as "{{ column }}",
        {%- elif has_nulls %}
        arg_min(case when not list_contains(erased, '{{ column }}') then "{{ column }}" end, merge_place) as "{{ column }}",
        {%- else %}
        arg_min("{{ column }}", merge_place) as "{{ column }}",
        {%- endif %}
        {%- endfor %}
        arg_min(source_system, merge_place) as source_system,
        arg_min(source_record_id, merge_place) as source_record_id,
        arg_min(recorded_at, merge_place) as recorded_at,
        list_sort(list_distinct(list(source_system))) as source_systems,
        list_sort(list_distinct(list(source_record_id))) as source_record_ids
    from ({{ caller() }}) as placed
    group by {{ key }}
{%- endmacro %}

{#
    A word's place among those of its key, or with `last_first` the same from behind: comparable as bytes, so that nothing
    has to sort, and hold, all columns of the words.
#}
{% macro merge_place(newest_first, last_first=false) -%}
    {%- set first, second = ('desc nulls first', 'asc nulls first') if last_first else ('asc nulls last', 'desc nulls last') -%}
    create_sort_key(
        lead_order, '{{ first }}'{% for of_word in newest_first.split(', ') %}, {{ of_word[:-5] }}, '{{ second }}'{% endfor %}
    )
{%- endmacro %}

{# What the two words of a pair say, each thing once, in order. #}
{% macro both_of_pair(column) -%}
    case
        when first_words.{{ column }} < second_words.{{ column }} then [first_words.{{ column }}, second_words.{{ column }}]
        when first_words.{{ column }} > second_words.{{ column }} then [second_words.{{ column }}, first_words.{{ column }}]
        else list_distinct([first_words.{{ column }}, second_words.{{ column }}])
    end
{%- endmacro %}

{% macro join_repeated_keys(kind, relation, key, nulls=false) -%}
    {{ kind }} join (
        select
            hash({{ key }}) as key_hash
            {%- if nulls %},
            coalesce(bool_or(len(null_columns) > 0), false) as has_nulls
            {%- endif %}
        from {{ relation }}
        group by key_hash
        having count(*) > 1
    ) as repeated on hash(words.{{ key }}) = repeated.key_hash
{%- endmacro %}

{#
    The canonical coding of a row, a struct: its own coding in the first of the preferred systems, else what
    int_code_map (joined as `code_map`) or, where it is joined, a crosswalk says in that system, else its own
    coding in the other preferred systems, else what int_code_map says, else the first that it has.
#}
{% macro canonical_coding(codings, preferred, crosswalk=false) -%}
    coalesce(
        {%- for system in preferred %}
        list_filter({{ codings }}, lambda coding: coding.system = '{{ system }}' and coding.code is not null)[1],
        {%- if loop.first %}
        case
            when code_map.target_system = '{{ system }}'
                then {'system': code_map.target_system, 'code': code_map.target_code, 'display': code_map.target_display}
        end,
        {%- if crosswalk %}
        case
            when crosswalk.target_code is not null
                then {'system': crosswalk.target_code_system, 'code': crosswalk.target_code, 'display': crosswalk.target_display}
        end,
        {%- endif %}
        {%- endif %}
        {%- endfor %}
        case
            when code_map.target_code is not null
                then {'system': code_map.target_system, 'code': code_map.target_code, 'display': code_map.target_display}
        end,
        list_filter({{ codings }}, lambda coding: coding.code is not null)[1],
        {{ codings }}[1]
    )
{%- endmacro %}

{# The canonical coding first, then every other as the sources gave it. #}
{% macro with_canonical(canonical, codings) -%}
    case
        when {{ canonical }} is null then {{ codings }}
        else list_concat(
            [{{ canonical }}],
            list_filter(
                {{ codings }},
                lambda coding: coding.system is distinct from {{ canonical }}.system or coding.code is distinct from {{ canonical }}.code
            )
        )
    end
{%- endmacro %}

{# Joins the map of sources' codes to `relation`, which has source_system, local_system and local_code. #}
{% macro join_code_map(relation) -%}
    left join {{ ref('int_code_map') }} as code_map
        on
            {{ relation }}.source_system = code_map.source_system
            and {{ relation }}.local_system = code_map.local_system
            and {{ relation }}.local_code = code_map.local_code
{%- endmacro %}

{# Joins what a loaded map says, in `target`, of the first coding that `relation` has in one of `systems`. #}
{% macro join_crosswalk(relation, systems, target) -%}
    {%- set coding -%}
        list_filter({{ relation }}.codings, lambda coding: coding.system in ('{{ systems | join("', '") }}') and coding.code is not null)[1]
    {%- endset -%}
    left join (
        select * from {{ ref('int_code_crosswalk') }}
        where target_code_system = '{{ target }}'
    ) as crosswalk
        on
            {{ coding }}.system = crosswalk.source_code_system
            and {{ comparable_code(coding ~ '.code') }} = crosswalk.comparable_code
{%- endmacro %}

{#
    `relation`, whose `canonical` coding gets the display of its code system where its source gave none: of the
    release in use, else our own words.
#}
{% macro displayed(relation) -%}
    (
        select
            {{ relation }}.* replace (
                case
                    when known.code_display is not null and {{ relation }}.canonical.display is null
                        then {
                            'system': {{ relation }}.canonical.system,
                            'code': {{ relation }}.canonical.code,
                            'display': known.code_display
                        }
                    else {{ relation }}.canonical
                end as canonical
            )
        from {{ relation }}
        left join {{ ref('int_code_display') }} as known
            on
                {{ relation }}.canonical.system = known.code_system
                and {{ comparable_code(relation ~ '.canonical.code') }} = known.comparable_code
    )
{%- endmacro %}

{# The encounter of a row that names a visit: joins `int_encounter_keys` as `visits`. #}
{% macro join_encounter(relation) -%}
    left join {{ ref('int_encounter_keys') }} as visits
        on {{ visit_key(relation ~ '.') }} = visits.visit_key
{%- endmacro %}

{# How units are compared: case, blanks and the look-alikes of mu and times do not count. #}
{% macro unit_key(unit) -%}
    replace(replace(replace(replace(lower({{ unit }}), ' ', ''), 'µ', 'u'), 'μ', 'u'), '×', 'x')
{%- endmacro %}

{#
    Joins, as `spellings`, UCUM for a unit that sources write otherwise (seed unit_spellings); what is not known stays as
    it is: `coalesce(spellings.unit, …)`. A join, as a subquery for each value would hold all rows in memory.
#}
{% macro join_unit_spellings(unit) -%}
    left join {{ ref('unit_spellings') }} as spellings on {{ unit_key(unit) }} = spellings.spelling
{%- endmacro %}

{# A unit without its annotations, which UCUM takes for nothing; where it is known with them, as it is. #}
{% macro unit_of_measure(ucum) -%}
    case
        when not contains({{ ucum }}, '{') then {{ ucum }}
        when {{ ucum }} in ('{steps}', '{score}') or {{ ucum }} like '%/{1.73_m2}' then {{ ucum }}
        else coalesce(nullif(regexp_replace({{ ucum }}, '\{[^{}]*\}', '', 'g'), ''), '1')
    end
{%- endmacro %}

{# Observations with their canonical coding and their unit as UCUM writes it. #}
{% macro coded_observations(relation) -%}
    select
        {{ relation }}.*,
        {{ canonical_coding(relation ~ '.codings', ['http://loinc.org']) }} as canonical,
        coalesce(unit_map.target_code, spellings.unit, {{ relation }}.value_unit) as ucum
    from {{ relation }}
    {{ join_unit_spellings(relation ~ '.value_unit') }}
    {{ join_code_map(relation) }}
    left join {{ ref('local_code_map') }} as unit_map
        on
            {{ relation }}.source_system = unit_map.source_system
            and {{ relation }}.value_unit = unit_map.local_code
            and unit_map.target_system = 'http://unitsofmeasure.org'
{%- endmacro %}

{# The analyte of each row (`code_system`, `code`), the unit that it is kept in and the way there from `ucum`. #}
{% macro with_analyte(relation) -%}
    select
        {{ relation }}.*,
        analytes.analyte,
        analytes.unit as analyte_unit,
        conversions.factor,
        conversions.offset_value,
        analytes.plausible_low,
        analytes.plausible_high
    from {{ relation }}
    left join {{ ref('analyte_codes') }} as analyte_codes
        on case when {{ relation }}.code_system = 'http://loinc.org' then {{ relation }}.code end = analyte_codes.loinc_code
    left join {{ ref('analytes') }} as analytes on analyte_codes.analyte = analytes.analyte
    left join {{ ref('int_unit_conversions') }} as conversions
        on
            analytes.analyte = conversions.analyte
            and {{ unit_of_measure(relation ~ '.ucum') }} = conversions.from_unit
{%- endmacro %}

{# What follows of `with_analyte` for `value_quantity`: the value in that unit, and whether no living person can have it. #}
{% macro canonical_value_columns() -%}
    round(value_quantity * factor + offset_value, 9) as canonical_value,
    case when factor is not null and value_quantity is not null then analyte_unit end as canonical_unit,
    coalesce(round(value_quantity * factor + offset_value, 9) not between plausible_low and plausible_high, false) as is_implausible
{%- endmacro %}

{#
    Observations with the specimen that was examined, what was measured, and the value in the unit of that. `relation`
    has diagnostic_report_id, code_system, code, ucum and value_quantity.
#}
{% macro measured_observations(relation) -%}
    select
        measured.* exclude (analyte_unit, factor, offset_value, plausible_low, plausible_high),
        {{ canonical_value_columns() }},
        -- A report on one specimen observes that one.
        case when len(specimens.specimen_ids) = 1 then specimens.specimen_ids[1] end as specimen_id
    from ({{ with_analyte(relation) }}) as measured
    left join {{ ref('int_report_specimens') }} as specimens
        on measured.diagnostic_report_id = specimens.diagnostic_report_id
{%- endmacro %}

{# Whether a text can stand as a UCUM code: printable ASCII without blanks. #}
{% macro is_ucum(unit) -%}
    regexp_matches({{ unit }}, '^[!-~]+$')
{%- endmacro %}

{# The provenance columns that end every silver row. #}
{% macro silver_provenance() -%}
    source_system,
    source_systems,
    source_record_id,
    source_record_ids,
    recorded_at
{%- endmacro %}


{# ---- drugs ----------------------------------------------------------------------------------- #}

{# The RxNorm code that the source itself gave. #}
{% macro own_rxcui(relation) -%}
    case
        when {{ relation }}.own_coding."system" = 'http://www.nlm.nih.gov/research/umls/rxnorm' then {{ relation }}.own_coding.code
    end
{%- endmacro %}

{# The source's own RxNorm coding, else that of the product its NDC names, else what it has. #}
{% macro drug_coding(relation) -%}
    case
        when {{ own_rxcui(relation) }} is not null then {{ relation }}.own_coding
        when products.rxcui is not null then {
            'system': 'http://www.nlm.nih.gov/research/umls/rxnorm', 'code': products.rxcui, 'display': products.drug_name
        }
        else {{ relation }}.own_coding
    end
{%- endmacro %}
