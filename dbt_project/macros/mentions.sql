{#-
  The columns of `int_person_mentions__<format>`: one place, so that the formats union without
  surprises. Every value is the source's text. `record_order` is the person's place in the file (macros/word_order.sql).
-#}
{% macro mention_columns() %}
    {%- set number = 'struct(authority varchar, "type" varchar, "value" varchar)[]' -%}
    {{ return({
        'source_system': 'varchar',
        'feed': 'varchar',
        'source_record_id': 'varchar',
        'received_at': 'timestamp',
        'message_at': 'timestamp',
        'record_order': 'bigint',
        'person_role': 'varchar',
        'id_authority': 'varchar',
        'id_type': 'varchar',
        'id_value': 'varchar',
        'identifiers': number,
        'prior_identifiers': number,
        'family': 'varchar',
        'given': 'varchar',
        'middle': 'varchar',
        'suffix': 'varchar',
        'former_families': 'varchar[]',
        'birth_date_text': 'varchar',
        'sex': 'varchar',
        'ssn': 'varchar',
        'phones': 'varchar[]',
        'emails': 'varchar[]',
        'address_line': 'varchar',
        'city': 'varchar',
        'state': 'varchar',
        'postal_code': 'varchar',
        'county_fips': 'varchar',
        'member_ids': 'varchar[]',
        'race_code': 'varchar',
        'ethnicity_code': 'varchar',
        'language': 'varchar',
        'marital_status': 'varchar',
        'deceased_text': 'varchar',
        'multiple_birth': 'varchar',
        'null_columns': 'varchar[]',
    }) }}
{% endmacro %}

{#- The columns of `relation` in that order; `absent` are those that its format does not know. -#}
{% macro mention_select(relation, absent=[]) %}
select
    {%- for column, data_type in mention_columns().items() %}
    cast({{ 'null' if column in absent else column }} as {{ data_type }}) as {{ column }}
    {{- ',' if not loop.last }}
    {%- endfor %}
from {{ relation }}
{% endmacro %}

{#-
  The number of a person in X12: the member number; dependants without one of their own share it and
  are told apart by birth date (DMG02) and first name (NM104) as sent.
-#}
{% macro x12_person_key(member_id, is_subscriber, birth_date_text, first_name) -%}
    case
        when {{ is_subscriber }} then {{ member_id }}
        else {{ member_id }} || '|' || coalesce({{ birth_date_text }}, '') || '|' || upper(coalesce({{ first_name }}, ''))
    end
{%- endmacro %}
