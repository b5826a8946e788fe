{{ config(pre_hook='{{ on_all_threads() }}', post_hook='{{ on_its_threads() }}') }}
-- noqa: disable=LT02
-- The newest value that is not empty wins within one record number; the others stay as alternatives
-- (a maiden name, an earlier address), because other systems may still know the person by them.
{%- set newest = {
    'family': 'varchar', 'given': 'varchar', 'middle': 'varchar', 'suffix': 'varchar',
    'sex': 'varchar', 'address_line': 'varchar', 'city': 'varchar', 'state': 'varchar',
    'postal_code': 'varchar', 'county_fips': 'varchar', 'race_code': 'varchar',
    'ethnicity_code': 'varchar', 'language': 'varchar', 'marital_status': 'varchar',
    'deceased_text': 'varchar', 'multiple_birth': 'varchar', 'id_type': 'varchar',
    'given_name': 'varchar', 'family_name': 'varchar', 'middle_name': 'varchar',
    'generation': 'varchar', 'birth_key': 'varchar', 'sex_code': 'varchar', 'ssn_key': 'varchar',
    'address_key': 'varchar', 'city_key': 'varchar', 'state_key': 'varchar',
    'postal_key': 'varchar', 'phone': 'varchar', 'email': 'varchar'} %}

{#- What an erased column (an HL7 null) takes along. Names that were borne stay among the alternatives. -#}
{%- set erased = {
    'family': ['family', 'family_name'], 'given': ['given', 'given_name'], 'middle': ['middle', 'middle_name'],
    'suffix': ['suffix', 'generation'], 'birth_date_text': ['birth_key'], 'sex': ['sex', 'sex_code'],
    'race_code': ['race_code'], 'ethnicity_code': ['ethnicity_code'], 'language': ['language'],
    'marital_status': ['marital_status'], 'deceased_text': ['deceased_text'], 'multiple_birth': ['multiple_birth'],
    'ssn': ['ssn_key'], 'address_line': ['address_line', 'address_key'], 'city': ['city', 'city_key'],
    'state': ['state', 'state_key'], 'postal_code': ['postal_code', 'postal_key'], 'county_fips': ['county_fips'],
    'phones': ['phone'], 'emails': ['email']} %}

with said as (
    select
        *,
        -- One place may tell two things of a number (an MRG repeats it): the content decides, never the order of rows.
        row_number() over (partition by person_record_id order by last_word, content) as place,
        phone_keys[1] as phone,
        email_keys[1] as email
    from {{ ref('int_person_details') }}
),

erasures as (
    select
        person_record_id,
        map_from_entries(list(struct_pack(k := column_name, v := erased_in))) as erased_in
    from (
        select
            person_record_id,
            column_name,
            max(last_word) as erased_in
        from said, unnest(null_columns) as entry (column_name) -- noqa
        group by person_record_id, column_name
    ) as last_erasures
    group by person_record_id
),

details as (
    select * from said
    where person_record_id not in (select person_record_id from erasures)
    union all by name
    select
        said.* replace (
            {%- for column_name, columns in erased.items() %}
            {%- set outer_loop = loop %}
            {%- for column in columns %}
            case when coalesce(erasures.erased_in['{{ column_name }}'] > said.last_word, false) then null else said.{{ column }} end
                as {{ column }}{{ ',' if not (loop.last and outer_loop.last) }}
            {%- endfor %}
            {%- endfor %}
        )
    from said
    inner join erasures on said.person_record_id = erasures.person_record_id
),

-- Numbers of a feed that is declared authoritative for identity: never merged with each other.
authorities as (
    select distinct
        mentions.source_system,
        mentions.id_authority
    from {{ ref('int_person_mentions') }} as mentions
    inner join {{ ref('stg_ingest__feeds') }} as feeds
        on mentions.source_system = feeds.source_system and mentions.feed = feeds.feed
    where feeds.is_identity_authoritative
),

records as (
    select
        person_record_id,
        any_value(source_system) as source_system,
        any_value(id_authority) as id_authority,
        any_value(id_value) as id_value,
        {%- for column in newest %}
            arg_max({{ column }}, place) as {{ column }},
        {%- endfor %}
        list_sort(list_distinct(flatten(list(former_family_names)) || list(family_name)))
            as family_names,
        list_sort(list_distinct(list(given_name))) as given_names,
        list_sort(list_distinct(list(birth_key))) as birth_keys,
        list_sort(list_distinct(list(address_key))) as address_keys,
        list_sort(list_distinct(flatten(list(phone_keys)))) as phones,
        list_sort(list_distinct(flatten(list(email_keys)))) as emails,
        list_sort(list_distinct(flatten(list(member_keys)))) as member_ids,
        list_sort(list_distinct(flatten(list(coalesce(identifiers, []))))) as identifiers,
        list_sort(list_distinct(flatten(list(coalesce(prior_identifiers, []))))) as prior_identifiers,
        min(first_received) as first_received,
        max(last_word) as last_word,
        sum(n_records)::bigint as n_records
    from details
    group by person_record_id
)

select
    person_record_id,
    source_system,
    id_authority,
    id_type,
    id_value,
    family,
    given,
    middle,
    suffix,
    list_filter(family_names, lambda x: x is distinct from family_name) as former_family,
    {{ person_birth_date('birth_key') }} as birth_date,
    case length(birth_key) when 8 then 'day' when 6 then 'month' when 4 then 'year' end
        as birth_date_precision,
    sex_code as sex,
    ssn_key as ssn,
    phones,
    emails,
    phone,
    email,
    address_line,
    city,
    state,
    postal_code,
    county_fips,
    member_ids,
    list_sort(list_distinct(list_transform(
        list_filter(identifiers, lambda x: x.type = 'MR' and x.authority is not null),
        lambda x: x.authority || '|' || x.value
    ))) as mrns,
    identifiers,
    prior_identifiers,
    race_code,
    ethnicity_code,
    language,
    marital_status,
    deceased_text as deceased,
    multiple_birth,
    given_name,
    family_name,
    middle_name,
    generation,
    birth_key,
    address_key,
    city_key,
    state_key,
    postal_key,
    family_names,
    given_names,
    birth_keys,
    address_keys,
    first_received.received_at as first_received_at,
    first_received.record as first_source_record_id,
    last_word.recorded_at as last_recorded_at,
    last_word,
    n_records,
    (source_system, id_authority) in (select (source_system, id_authority) from authorities) as is_authoritative
from records
