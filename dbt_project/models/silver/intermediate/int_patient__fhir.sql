with patients as (
    select
        *,
        coalesce(
            list_filter(names, lambda one: one.use = 'official')[1],
            list_filter(names, lambda one: one.use = 'usual')[1],
            list_filter(names, lambda one: one.use is distinct from 'maiden' and one.use is distinct from 'old')[1],
            names[1]
        ) as name,
        coalesce(list_filter(addresses, lambda one: one.use = 'home')[1], addresses[1]) as address
    from {{ ref('stg_fhir__patient') }}
),

final as (
    select
        source_system,
        feed,
        source_record_id,
        received_at,
        message_at as recorded_at,
        record_index * 1000000 as record_order,
        id_authority,
        id_value,
        name.family as family,
        name.given[1] as given,
        nullif(array_to_string(name.given[2:], ' '), '') as middle,
        name.suffix[1] as suffix,
        birth_date,
        birth_date_precision,
        sex,
        coalesce(
            {{ fhir_identifier_value('identifiers', 'http://hl7.org/fhir/sid/us-ssn') }},
            {{ fhir_identifier_of_type('identifiers', "['SS']") }}.value
        ) as ssn,
        list_filter(telecoms, lambda one: one.system = 'phone')[1].value as phone,
        list_filter(telecoms, lambda one: one.system = 'email')[1].value as email,
        nullif(array_to_string(address.line, ', '), '') as address_line,
        address.city as city,
        address.state as state,
        address."postalCode" as postal_code,
        address.country as country,
        race_code,
        ethnicity_code,
        language,
        marital_status,
        {{ fhir_moment('deceased_text') }} as deceased_at,
        {{ fhir_precision('deceased_text') }} as deceased_at_precision,
        case
            when deceased_text is not null or is_deceased_text = 'true' then true
            when is_deceased_text = 'false' then false
        end as is_deceased,
        list_transform(
            list_filter(identifiers, lambda one: one.value is not null),
            lambda one: struct_pack(
                "system" := one.system,
                authority := one.system,
                "type" := one.type.coding[1].code,
                "value" := one.value,
                source_system := source_system
            )
        ) as identifiers,
        source_record_id as received
    from patients
)

{{ int_select('patient', 'final', absent=['county_fips'], received=true) }}
