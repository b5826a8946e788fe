{#
    Deterministic ids: UUID version 5 (RFC 9562, 5.5) over resource type, source and key, so that the
    same bronze gives the same ids on any machine.
#}

{# UUIDv5 of NAMESPACE_URL `https://wellspring.health/` as the namespace of all ids of this house. #}
{% macro wellspring_namespace() -%}
    f5757a55-28e6-5408-a163-6c9fb5fd9e78
{%- endmacro %}

{# SHA-1 of namespace and name, cut to 128 bits, with the version and variant bits set. Null stays null. #}
{% macro uuid_v5_of_name(name, namespace=none) -%}
    {{ return(adapter.dispatch('uuid_v5_of_name')(name, namespace or wellspring_namespace())) }}
{%- endmacro %}

{% macro default__uuid_v5_of_name(name, namespace) -%}
    {{ uuid_v5_of_digest(uuid_v5_digest(name, namespace)) }}
{%- endmacro %}

{# SHA-1 of namespace and name, in hexadecimal. #}
{% macro uuid_v5_digest(name, namespace=none) -%}
    sha1(unhex('{{ (namespace or wellspring_namespace()) | trim | replace('-', '') }}') || encode({{ name }}))
{%- endmacro %}

{#
    A digest as UUID; null stays null, by the first `||`. Within a `case` or a lambda nothing is computed once: make the
    digest before, the id there.
#}
{% macro uuid_v5_of_digest(digest) -%}
    (
        left({{ digest }}, 8) || concat(
            '-', substr({{ digest }}, 9, 4), '-5', substr({{ digest }}, 14, 3), '-',
            -- The variant: the two highest bits are 10.
            substr('89ab89ab89ab89ab', instr('0123456789abcdef', substr({{ digest }}, 17, 1)), 1),
            substr({{ digest }}, 18, 3), '-', substr({{ digest }}, 21, 12)
        )
    )
{%- endmacro %}

{#
    The id of a resource: `resource` is a FHIR type as plain text, `source` and `key` are expressions.
    Parts are joined by U+001F, which no source sends, so that ('a', 'bc') and ('ab', 'c') differ.
#}
{% macro uuid_v5(resource, source, key) -%}
    {{ uuid_v5_of_name("'" ~ resource ~ "' || chr(31) || " ~ source ~ " || chr(31) || " ~ key) }}
{%- endmacro %}

{# Who performed, ordered or prescribed: an NPI is the same person in every system. #}
{% macro practitioner_key(npi, source_system, authority, value) -%}
    case
        when {{ npi }} is not null then 'npi|' || {{ npi }}
        when {{ value }} is not null then {{ source_system }} || '|' || coalesce({{ authority }}, '') || '|' || {{ value }}
    end
{%- endmacro %}

{% macro organization_key(npi, source_system, identifier, name) -%}
    case
        when {{ npi }} is not null then 'npi|' || {{ npi }}
        when {{ identifier }} is not null then {{ source_system }} || '|' || {{ identifier }}
        when {{ name }} is not null then 'name|' || upper(trim({{ name }}))
    end
{%- endmacro %}

{% macro location_key(source_system, facility, name) -%}
    case
        when coalesce({{ facility }}, {{ name }}) is not null
            then {{ source_system }} || '|' || coalesce({{ facility }}, '') || '|' || coalesce({{ name }}, '')
    end
{%- endmacro %}

{# A room of a ward or clinic, and a bed of a room (PL.2, PL.3). #}
{% macro room_key(location_key, room) -%}
    {{ location_key }} || '|' || {{ room }}
{%- endmacro %}

{% macro bed_key(location_key, room, bed) -%}
    {{ location_key }} || '|' || coalesce({{ room }}, '') || '|' || {{ bed }}
{%- endmacro %}

{# A floor of a ward, and a building of a site (PL.8, PL.7). #}
{% macro floor_key(location_key, floor) -%}
    {{ location_key }} || '|' || 'floor' || '|' || {{ floor }} || '|'
{%- endmacro %}

{% macro building_key(source_system, facility, building) -%}
    {{ source_system }} || '|' || {{ facility }} || '|' || 'building' || '|' || {{ building }} || '|'
{%- endmacro %}

{# The instrument behind an observation, by the source's own name. #}
{% macro device_key(source_system, device) -%}
    'source' || chr(31) || {{ source_system }} || chr(31) || {{ device }}
{%- endmacro %}

{% macro device_id(key) -%} {{ uuid_v5('Device', "'key'", key) }} {%- endmacro %}

{% macro practitioner_id(key) -%} {{ uuid_v5('Practitioner', "'key'", key) }} {%- endmacro %}

{#
    A list of struct(<role>, practitioner_key) as one of struct(<role>, practitioner_id). In two steps, so that the
    digest is computed once.
#}
{% macro practitioner_ids(people, role) -%} {{ _ids_of_keys(people, role, 'Practitioner') }} {%- endmacro %}

{# The same for places: struct(<role>, location_key). #}
{% macro location_ids(places, role) -%} {{ _ids_of_keys(places, role, 'Location') }} {%- endmacro %}

{% macro _ids_of_keys(list, role, type) -%}
    {%- set name = type | lower -%}
    list_transform(
        list_transform({{ list }}, lambda {{ name }}: {
            '{{ role }}': {{ name }}."{{ role }}",
            'digest': {{ uuid_v5_digest("'" ~ type ~ "' || chr(31) || 'key' || chr(31) || " ~ name ~ "." ~ name ~ "_key") }}
        }),
        lambda {{ name }}: {'{{ role }}': {{ name }}."{{ role }}", '{{ name }}_id': {{ uuid_v5_of_digest(name ~ '.digest') }}}
    )
{%- endmacro %}

{#
    Who and what an appointment needs: people and places by their ids, else by what is said of them. In two steps, as above.
#}
{% macro actor_references(actors) -%}
    list_transform(
        list_transform({{ actors }}, lambda actor: {
            'said': actor,
            'type': case
                when actor.practitioner_key is not null then 'Practitioner'
                when actor.location_key is not null then 'Location'
            end,
            'digest': case
                when actor.practitioner_key is not null
                    then {{ uuid_v5_digest("'Practitioner' || chr(31) || 'key' || chr(31) || actor.practitioner_key") }}
                when actor.location_key is not null
                    then {{ uuid_v5_digest("'Location' || chr(31) || 'key' || chr(31) || actor.location_key") }}
            end
        }),
        lambda actor: {
            'role': actor.said."role",
            'role_codings': actor.said.role_codings,
            'reference': actor."type" || '/' || {{ uuid_v5_of_digest('actor.digest') }},
            'identifier_system': actor.said.identifier_system,
            'identifier': actor.said.identifier,
            'display': actor.said.display,
            'status': actor.said.status,
            'start_at': actor.said.start_at,
            'end_at': actor.said.end_at
        }
    )
{%- endmacro %}

{% macro organization_id(key) -%} {{ uuid_v5('Organization', "'key'", key) }} {%- endmacro %}

{% macro location_id(key) -%} {{ uuid_v5('Location', "'key'", key) }} {%- endmacro %}
