with patients as (
    select
        *,
        coalesce(
            list_filter(names, lambda x: x.use = 'official')[1],
            list_filter(names, lambda x: coalesce(x.use, 'usual') not in ('old', 'maiden', 'nickname'))[1],
            names[1]
        ) as chosen_name,
        coalesce(
            list_filter(addresses, lambda x: coalesce(x.use, 'home') = 'home')[1], addresses[1]
        ) as home,
        list_transform(
            list_filter(identifiers, lambda x: x.value is not null),
            lambda x: struct_pack(
                authority := x.system,
                type := coalesce(
                    case when x.system = 'http://hl7.org/fhir/sid/us-ssn' then 'SS' end,
                    x.type.coding[1].code
                ),
                value := x.value
            )
        ) as numbers
    from {{ ref('stg_fhir__patient') }}
),

final as (
    select
        *,
        {{ record_order() }} as record_order,
        'patient' as person_role,
        list_filter(numbers, lambda x: x.value = id_value)[1].type as id_type,
        numbers as identifiers_named,
        chosen_name.family as family,
        chosen_name.given[1] as given,
        array_to_string(chosen_name.given[2:], ' ') as middle,
        chosen_name.suffix[1] as suffix,
        list_distinct(list_filter(
            list_transform(names, lambda x: x.family),
            lambda x: x is not null and x is distinct from chosen_name.family
        )) as former_families,
        list_filter(numbers, lambda x: x.type = 'SS')[1].value as ssn,
        list_transform(
            list_filter(telecoms, lambda x: x.system in ('phone', 'sms')), lambda x: x.value
        ) as phones,
        list_transform(list_filter(telecoms, lambda x: x.system = 'email'), lambda x: x.value)
            as emails,
        array_to_string(home.line, ' ') as address_line,
        home.city as city,
        home.state as state,
        home."postalCode" as postal_code,
        list_transform(list_filter(numbers, lambda x: x.type in ('MB', 'MI')), lambda x: x.value)
            as member_ids
    from patients
)

{{ mention_select('(select * replace (identifiers_named as identifiers) from final)', absent=[
    'null_columns',
    'prior_identifiers', 'county_fips']) }}
