-- noqa: disable=LT01, LT02
-- Most messages repeat what was known: normalising distinct details only is an order of magnitude
-- less work than normalising every mention.
{%- set details = [
    'family', 'given', 'middle', 'suffix', 'former_families', 'birth_date_text', 'sex', 'ssn',
    'phones', 'emails', 'address_line', 'city', 'state', 'postal_code', 'county_fips', 'member_ids',
    'race_code', 'ethnicity_code', 'language', 'marital_status', 'deceased_text', 'multiple_birth',
    'identifiers', 'prior_identifiers', 'id_type', 'person_role', 'null_columns'] %}

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

texts as (
    select
        *,
        last_word.recorded_at as last_recorded_at,
        hash({{ details | join(', ') }}) as content,
        {{ person_birth_digits('birth_date_text') }} as birth_digits,
        {{ person_name('family') }} as family_text
    from details
)

select
    {{ uuid_v5('Person', 'source_system', "id_authority || '|' || id_value") }} as person_record_id,
    *,
    {{ person_given('given') }} as given_name,
    {{ person_family('family') }} as family_name,
    {{ person_name('middle') }} as middle_name,
    {{ person_suffix('suffix', 'family') }} as generation,
    list_filter(
        list_transform(coalesce(former_families, []), lambda x: {{ person_family('x') }}),
        lambda x: x is not null
    ) as former_family_names,
    {{ person_birth_key('birth_digits') }} as birth_key,
    {{ person_sex('sex') }} as sex_code,
    {{ person_ssn('ssn') }} as ssn_key,
    list_filter(
        list_transform(coalesce(phones, []), lambda x: {{ person_phone('x') }}),
        lambda x: x is not null
    ) as phone_keys,
    list_filter(
        list_transform(coalesce(emails, []), lambda x: {{ person_email('x') }}),
        lambda x: x is not null
    ) as email_keys,
    {{ person_address('address_line') }} as address_key,
    {{ person_name('city') }} as city_key,
    {{ person_letters('state') }} as state_key,
    {{ person_postal_code('postal_code') }} as postal_key,
    list_filter(
        list_transform(
            coalesce(member_ids, []),
            lambda x: nullif(upper(regexp_replace(x, '[^A-Za-z0-9]+', '', 'g')), '')
        ),
        lambda x: x is not null
    ) as member_keys
from texts
