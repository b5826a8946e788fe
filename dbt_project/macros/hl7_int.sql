{#-
  What the intermediate models of HL7 v2 sources share: provenance, and the person and visit that a
  segment stands beside, for a staging relation named `segments`.
-#}

{% macro hl7_int_provenance(relation='segments') -%}
    {{ relation }}.source_system,
    {{ relation }}.feed,
    {{ relation }}.source_record_id,
    {{ relation }}.received_at,
    coalesce({{ relation }}.message_at, {{ relation }}.received_at) as recorded_at,
    {{ record_order(relation, 'segment_index') }} as record_order
{%- endmacro %}

{% macro hl7_join_person(relation='segments') -%}
    left join {{ ref('int_hl7v2__persons') }} as persons
        on
            {{ relation }}.file_sha256 = persons.file_sha256
            and {{ relation }}.record_index = persons.record_index
            and {{ relation }}.pid_index = persons.pid_index
{%- endmacro %}

{% macro hl7_join_visit(relation='segments') -%}
    left join {{ ref('int_hl7v2__visits') }} as visits
        on
            {{ relation }}.file_sha256 = visits.file_sha256
            and {{ relation }}.record_index = visits.record_index
            and {{ relation }}.pv1_index = visits.pv1_index
{%- endmacro %}

{#- A segment of the same message: `index` is an expression of what joins, its place there. -#}
{% macro hl7_join_segment(model, alias, index, relation='segments', column='segment_index') -%}
    left join {{ model }} as {{ alias }}
        on
            {{ relation }}.file_sha256 = {{ alias }}.file_sha256
            and {{ relation }}.record_index = {{ alias }}.record_index
            and {{ index }} = {{ alias }}.{{ column }}
{%- endmacro %}

{#- A struct of `hl7_codes` (a CE, CWE or CNE) as codings, as sent; of `table` where the sender names no system. -#}
{% macro hl7_value_codings(value, source_system='source_system', table=none) -%}
    case
        when {{ value }} is null then null
        else nullif(list_filter([
            {
                'system': {{ coding_system(source_system, 'coalesce(' ~ value ~ '."system", \'' ~ table ~ '\')' if table else value ~ '."system"') }},
                'code': {{ value }}.code,
                'display': coalesce({{ value }}.display, {{ value }}.original_text)
            },
            {
                'system': {{ coding_system(source_system, value ~ '.alternate_system') }},
                'code': {{ value }}.alternate_code,
                'display': {{ value }}.alternate_display
            }
        ], lambda coding: coalesce(coding.code, coding.display) is not null), [])
    end
{%- endmacro %}

{#-
  The system of a number: an authority that is a URI or an OID stands for itself, a namespace (or where it
  is silent the source system) is ours to spell: `urn:id:reflab:accession`.
-#}
{% macro number_system(namespace, kind, source_system='source_system') -%}
    case
        when contains({{ namespace }}, ':') then {{ namespace }}
        when regexp_matches({{ namespace }}, '^[0-2](\.[0-9]+)+$') then 'urn:oid:' || {{ namespace }}
        else
            'urn:id:' || regexp_replace(lower(coalesce({{ namespace }}, {{ source_system }})), '[^a-z0-9._-]+', '-', 'g')
            {%- if kind %} || ':{{ kind }}'{% endif %}
    end
{%- endmacro %}

{#-
  What became of an order (Request.status), by HL7's Version 2 to FHIR: its status (ORC-5, table 0038), else what
  the transaction does to it (ORC-1, table 0119), else that of its result (OBR-25, table 0123). A change (XO, XX)
  and a refusal to change (UC, UD, UH …) say nothing of it: an earlier word stands. The guide leaves an order
  active until the filler grants its cancellation or hold; here the placer's word ends it (FHIR: revoked is
  "withdrawn"), since one side of the talk is all that most feeds carry.
-#}
{% macro hl7_request_status(order_control, order_status, result_status) -%}
    case
        when {{ order_status }} in ('A', 'IP', 'SC') then 'active'
        when {{ order_status }} in ('CA', 'DC', 'RP') then 'revoked'
        when {{ order_status }} = 'CM' then 'completed'
        when {{ order_status }} = 'HD' then 'on-hold'
        when {{ order_status }} = 'ER' then 'entered-in-error'
        when {{ order_control }} in ('CA', 'OC', 'CR', 'DC', 'OD', 'DR', 'DF', 'RP', 'RQ', 'RU', 'UA') then 'revoked'
        when {{ order_control }} in ('HD', 'OH', 'HR') then 'on-hold'
        when {{ order_control }} in ('RL', 'OE', 'OR') then 'active'
        when {{ result_status }} in ('F', 'C') then 'completed'
        when {{ result_status }} = 'X' then 'revoked'
        when {{ result_status }} in ('O', 'I', 'S', 'A', 'P', 'R', 'M') then 'active'
        when {{ order_control }} in ('NW', 'OK', 'NA', 'SN', 'RO', 'PA', 'CH', 'RF') then 'active'
    end
{%- endmacro %}

{#- Table 0485 (and the priorities of TQ-6, OBR-5) to RequestPriority. -#}
{% macro hl7_request_priority(priority) -%}
    case
        when upper({{ priority }}) in ('S', 'STAT') then 'stat'
        when upper({{ priority }}) in ('A', 'ASAP') then 'asap'
        when upper({{ priority }}) in ('R', 'ROUTINE') then 'routine'
        when upper({{ priority }}) in ('P', 'T', 'UR', 'U', 'URGENT') or regexp_matches({{ priority }}, '^T[SMHDWL][0-9]+$')
            then 'urgent'
    end
{%- endmacro %}

{#- The notes (NTE) of each segment that has some, in their order; of the messages that are `wanted`. -#}
{% macro hl7_notes(wanted='true') -%}
    select
        file_sha256,
        record_index,
        parent_index,
        string_agg(note, chr(10) order by segment_index) as note
    from {{ ref('stg_hl7v2__nte') }}
    where {{ wanted }}
    group by file_sha256, record_index, parent_index
{%- endmacro %}

{#-
  The number by which a PID names a person: the first of its own that is a record number (not a social security or
  member number, an account …), else any number given. Identity and silver must choose the same.
-#}
{% macro hl7_own_number(own_numbers, all_numbers) -%}
    coalesce(
        list_filter(
            {{ own_numbers }},
            lambda number: coalesce(number.type, '') not in (
                'SS', 'MI', 'MB', 'AN', 'DL', 'MA', 'MC', 'NIIP', 'VN', 'PPN', 'TAX', 'NI'
            )
        )[1],
        {{ all_numbers }}[1]
    )
{%- endmacro %}

{#-
  A recursive CTE `<name>`: `relation` says what became of a key (`prior` columns to `next` columns, in `word`, a
  `word_order`). Of each key the newest word counts, and where that leads is followed while later words lead on, so that
  what leads back (A to B, B to A) ends where it was said last, within one minute of one file too.
  Read it as `select * from <name>_ends`, one row per key with the columns of `prior`, of `next` and `word`, until
  when a word on the key may have been meant so.
-#}
{% macro hl7_followed(name, relation, prior, next) -%}
{{ name }}_newest as (
    select *
    from {{ relation }}
    qualify row_number() over (partition by {{ prior | join(', ') }} order by word desc) = 1
),

{{ name }} as (
    select
        {%- for column in prior %}
        {{ column }},
        {%- endfor %}
        {%- for column in next %}
        {{ column }},
        {%- endfor %}
        word,
        word as last_word,
        0 as steps
    from {{ name }}_newest
    union all
    select
        {%- for column in prior %}
        {{ name }}.{{ column }},
        {%- endfor %}
        {%- for column in next %}
        further.{{ column }},
        {%- endfor %}
        {{ name }}.word,
        further.word as last_word,
        {{ name }}.steps + 1
    from {{ name }}
    inner join {{ name }}_newest as further
        on
            {{ name }}.last_word < further.word
            {%- for column in prior %}
            and {{ name }}.{{ next[loop.index0] }} is not distinct from further.{{ column }}
            {%- endfor %}
    where {{ name }}.steps < 50
),

{{ name }}_ends as (
    select * exclude (last_word, steps)
    from {{ name }}
    qualify row_number() over (partition by {{ prior | join(', ') }} order by steps desc) = 1
)
{%- endmacro %}

{#- The smallest place that a PL says: a bed, a room, a ward, a site. -#}
{% macro hl7_smallest_location_key(place, source_system) -%}
    {%- set ward = location_key(source_system, place ~ '.facility', place ~ '.point_of_care') -%}
    coalesce({{ bed_key(ward, place ~ '.room', place ~ '.bed') }}, {{ room_key(ward, place ~ '.room') }}, {{ ward }})
{%- endmacro %}

{#- How long an appointment, or one who takes part in it, is there for: minutes, where no unit says otherwise; a year at most. -#}
{% macro hl7_minutes(duration, unit) -%}
    case
        when {{ duration }} not between 0 and 525600 then null
        when upper({{ unit }}) in ('H', 'HR', 'HRS', 'HOUR', 'HOURS') then {{ duration }} * 60
        when upper({{ unit }}) in ('S', 'SEC') then {{ duration }} / 60
        else {{ duration }}
    end
{%- endmacro %}

{#-
  Who or what an appointment needs (AIP, AIL, AIG), by `int_columns`; `known` says who. Its status (table 0278) and
  what is done to it (table 0206) as ParticipationStatus: whoever is booked has accepted.
-#}
{% macro hl7_actor(one, known) -%}
    {
        'role': coalesce({{ one }}.role.original_text, {{ one }}.role.display, {{ one }}.role.alternate_display),
        'role_codings': {{ hl7_value_codings(one ~ '.role', 'segments.source_system') }},
        {%- for column in ['practitioner_key', 'location_key', 'identifier_system', 'identifier', 'display'] %}
        '{{ column }}': {{ known.get(column, 'null::varchar') }},
        {%- endfor %}
        'status': case
            when {{ one }}.action_code = 'D' or upper({{ one }}.resource_status) in ('CANCELLED', 'CANCELED', 'DC', 'DELETED') then 'declined'
            when upper({{ one }}.resource_status) = 'PENDING' then 'tentative'
            when upper({{ one }}.resource_status) in ('WAITLIST', 'BLOCKED') then 'needs-action'
            else 'accepted'
        end,
        'start_at': {{ one }}.start_at,
        'end_at': {{ one }}.start_at + to_minutes(cast({{ hl7_minutes(one ~ '.duration', one ~ '.duration_unit') }} as bigint))
    }
{%- endmacro %}

{#- An address (`hl7_addresses`) of an organization. -#}
{% macro hl7_place_address(xad) -%}
    case
        when coalesce({{ xad }}.line, {{ xad }}.city, {{ xad }}.state, {{ xad }}.postal_code) is not null then {
            'line': {{ xad }}.line, 'other': {{ xad }}.other, 'city': {{ xad }}.city, 'state': {{ xad }}.state,
            'postal_code': {{ xad }}.postal_code
        }
    end
{%- endmacro -%}
