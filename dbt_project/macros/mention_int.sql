{#-
  Patient details out of `int_person_mentions__<format>`, for formats whose people are mentioned in
  several tables: the same person, read once for identity, is not read again for silver.
-#}
{% macro patients_of_mentions(format) %}
with mentions as (
    select * from {{ ref('int_person_mentions__' ~ format) }}
),

final as (
    select
        source_system,
        feed,
        source_record_id,
        received_at,
        coalesce(message_at, received_at) as recorded_at,
        record_order,
        id_authority,
        id_value,
        family,
        given,
        middle,
        suffix,
        {{ csv_date('birth_date_text', ['%Y%m%d', '%m/%d/%Y', '%Y-%m-%d']) }} as birth_date,
        'day' as birth_date_precision,
        case upper(left(sex, 1)) when 'M' then 'male' when 'F' then 'female' when 'U' then 'unknown' when 'O' then 'other' end
            as sex,
        ssn,
        phones[1] as phone,
        emails[1] as email,
        address_line,
        city,
        state,
        postal_code,
        county_fips,
        race_code,
        ethnicity_code,
        language,
        marital_status,
        {{ csv_date('deceased_text', ['%Y%m%d', '%Y-%m-%d']) }}::timestamp as deceased_at,
        case when deceased_text is not null then 'day' end as deceased_at_precision,
        case when deceased_text is not null then true end as is_deceased,
        list_concat(
            [struct_pack(
                "system" := null::varchar,
                authority := id_authority,
                "type" := id_type,
                "value" := id_value,
                source_system := source_system
            )],
            list_transform(
                list_filter(coalesce(identifiers, []), lambda one: one.value != id_value and one.type != 'MR'),
                lambda one: struct_pack(
                    "system" := null::varchar,
                    authority := one.authority,
                    "type" := one.type,
                    "value" := one.value,
                    source_system := source_system
                )
            )
        ) as identifiers
    from mentions
    where id_value is not null
)

{{ int_select('patient', 'final', absent=['country']) }}
{% endmacro %}
