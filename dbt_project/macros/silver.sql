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
    The key of a visit: its number is unique under its assigning authority, else only within a person.
#}
{% macro visit_key(prefix='') -%}
    coalesce('authority' || chr(31) || upper({{ prefix }}visit_namespace), 'person' || chr(31) || {{ person_scope(prefix) }})
    || chr(31) || {{ prefix }}visit_number
{%- endmacro %}

{#
    One row per `match_key` of `relation`, which has a column `match_key` (never null) and `lead_order`
    (lower leads; equal: the newest). Each column is the leading row's, or, where that is silent, the
    next one's. `together`: groups of columns that are only taken as a whole from the leading row.
    Almost all keys have one row, which passes without being grouped.
#}
{% macro merged(relation, columns, together=[]) -%}
    select
        match_key,
        {%- for column in columns %}
        "{{ column }}",
        {%- endfor %}
        source_system,
        source_record_id,
        recorded_at,
        [source_system] as source_systems,
        [source_record_id] as source_record_ids
    from (
        select *, count(*) over (partition by match_key) as row_count
        from {{ relation }}
    ) as counted
    where row_count = 1
    union all by name
    select
        match_key,
        {%- for column in columns %}
        {{ 'arg_min_null' if column in together else 'arg_min' }}("{{ column }}", merge_rank) as "{{ column }}",
        {%- endfor %}
        arg_min(source_system, merge_rank) as source_system,
        arg_min(source_record_id, merge_rank) as source_record_id,
        arg_min(recorded_at, merge_rank) as recorded_at,
        list_sort(list_distinct(list(source_system))) as source_systems,
        list_sort(list_distinct(list(source_record_id))) as source_record_ids
    from (
        select
            *,
            row_number() over (
                partition by match_key
                order by lead_order, recorded_at desc nulls last, received_at desc, record_order desc, source_record_id desc
            ) as merge_rank
        from (
            select *, count(*) over (partition by match_key) as row_count
            from {{ relation }}
        ) as counted
        where row_count > 1
    ) as ranked
    group by match_key
{%- endmacro %}

{#
    The canonical coding of a row: its own coding in the preferred systems (in their order), else the
    target of `local_code_map` (joined as `code_map`), else the first it has. A struct.
#}
{% macro canonical_coding(codings, preferred) -%}
    coalesce(
        {%- for system in preferred %}
        list_filter({{ codings }}, lambda coding: coding.system = '{{ system }}' and coding.code is not null)[1],
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

{# Joins the map of local codes to `relation`, which has source_system, local_system and local_code. #}
{% macro join_code_map(relation) -%}
    left join {{ ref('local_code_map') }} as code_map
        on
            {{ relation }}.source_system = code_map.source_system
            and {{ relation }}.local_system = code_map.local_system
            and {{ relation }}.local_code = code_map.local_code
{%- endmacro %}
