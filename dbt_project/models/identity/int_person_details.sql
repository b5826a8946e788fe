{{ config(pre_hook='{{ on_all_threads() }}', post_hook='{{ on_its_threads() }}') }}
-- noqa: disable=LT01, LT02
-- Most messages repeat what was known: normalising distinct details only is an order of magnitude
-- less work than normalising every mention; and what many share (a name, a street) is normalised once.
{%- set details = [
    'family', 'given', 'middle', 'suffix', 'former_families', 'birth_date_text', 'sex', 'ssn',
    'phones', 'emails', 'address_line', 'city', 'state', 'postal_code', 'county_fips', 'member_ids',
    'race_code', 'ethnicity_code', 'language', 'marital_status', 'deceased_text', 'multiple_birth',
    'identifiers', 'prior_identifiers', 'id_type', 'person_role', 'null_columns'] %}

{#- A column as sent, and what is made of it. -#}
{%- set normalised = {
    'family': {'family_text': person_name('family'), 'family_name': person_family('family')},
    'given': {'given_name': person_given('given')},
    'middle': {'middle_name': person_name('middle')},
    'birth_date_text': {'birth_digits': person_birth_digits('birth_date_text')},
    'ssn': {'ssn_key': person_ssn('ssn')},
    'address_line': {'address_key': person_address('address_line')},
    'city': {'city_key': person_name('city')},
    'state': {'state_key': person_letters('state')},
    'postal_code': {'postal_key': person_postal_code('postal_code')}} %}

with mentions as (
    select
        *,
        coalesce(message_at, received_at) as recorded_at
    from {{ ref('int_person_mentions') }}
),

details as (
    select
        source_system,
        id_authority,
        id_value,
        {%- for column in details %}
        {{ column }},
        {%- endfor %}
        min(struct_pack(received_at := received_at, record_order := record_order, record := source_record_id)) as first_received,
        max({{ word_order() }}) as last_word,
        count(*) as n_records
    from mentions
    group by all
),

{%- for column, rules in normalised.items() %}

{{ column }}_texts as (
    select
        {{ column }},
        {%- for name, rule in rules.items() %}
        {{ rule }} as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from details
    group by {{ column }}
),
{%- endfor %}

generations as (
    select
        suffix,
        family,
        {{ person_suffix('suffix', 'family') }} as generation
    from details
    group by suffix, family
)

select
    {{ uuid_v5('Person', 'source_system', "id_authority || '|' || id_value") }} as person_record_id,
    details.*,
    last_word.recorded_at as last_recorded_at,
    hash({{ 'details.' ~ (details | join(', details.')) }}) as content,
    birth_digits,
    family_text,
    given_name,
    family_name,
    middle_name,
    generation,
    {{ person_each('former_families', [person_family('x')]) }} as former_family_names,
    {{ person_birth_key('birth_digits') }} as birth_key,
    {{ person_sex('sex') }} as sex_code,
    ssn_key,
    {{ person_each('phones', [person_phone_digits('x'), person_phone_of_digits('x')]) }} as phone_keys,
    {{ person_each('emails', [person_email('x')]) }} as email_keys,
    address_key,
    city_key,
    state_key,
    postal_key,
    {{ person_each('member_ids', ["nullif(upper(regexp_replace(x, '[^A-Za-z0-9]+', '', 'g')), '')"]) }} as member_keys
from details
{%- for column in normalised %}
left join {{ column }}_texts on details.{{ column }} = {{ column }}_texts.{{ column }}
{%- endfor %}
left join generations
    on details.suffix is not distinct from generations.suffix and details.family is not distinct from generations.family
