-- noqa: disable=LT01, LT09
{{ config(materialized='view') }}
with segments as (
    select *, segment_index as pid_index from {{ ref('stg_hl7v2__pid') }}
),

final as (
    select
        segments.source_system,
        segments.feed,
        segments.source_record_id,
        segments.received_at,
        coalesce(segments.message_at, segments.received_at) as recorded_at,
        segments.record_index * 1000000 + segments.segment_index as record_order,
        persons.id_authority,
        persons.id_value,
        names[1].family as family,
        names[1].given as given,
        names[1].middle as middle,
        names[1].suffix as suffix,
        birth_date,
        birth_date_precision,
        {{ hl7_gender('sex') }} as sex,
        ssn,
        list_filter(phones, lambda phone: phone.number is not null)[1].number as phone,
        list_filter(phones, lambda phone: phone.email is not null)[1].email as email,
        addresses[1].line as address_line,
        addresses[1].city as city,
        addresses[1].state as state,
        addresses[1].postal_code as postal_code,
        addresses[1].country as country,
        coalesce(addresses[1].county, county_code) as county_fips,
        race_code,
        ethnicity_code,
        language,
        marital_status,
        deceased_at,
        deceased_at_precision,
        case
            when deceased_at is not null or is_deceased_text = 'Y' then true
            when is_deceased_text = 'N' then false
        end as is_deceased,
        list_transform(
            list_filter(
                list_concat(
                    coalesce(patient_ids, []),
                    case
                        when persons.account_number is not null
                            then [{'value': segments.account_number, 'check': null, 'authority': account_authority, 'type': 'AN'}]
                        else []
                    end
                ),
                lambda number: number.value is not null
            ),
            lambda number: {
                'system': null::varchar,
                'authority': number.authority,
                'type': number.type,
                'value': number.value,
                'source_system': segments.source_system
            }
        ) as identifiers,
        list_concat(
            coalesce({{ hl7_null_columns('null_fields', {
                '11': ['country'], '11.6': ['country'], '29': ['deceased_at'], '30': ['is_deceased'],
            }) }}, []),
            case when is_deceased_text = 'N' and deceased_at is null then ['deceased_at'] else [] end
        ) as null_columns
    from segments
    left join {{ ref('int_hl7v2__persons') }} as persons
        on
            segments.file_sha256 = persons.file_sha256
            and segments.record_index = persons.record_index
            and segments.pid_index = persons.pid_index
)

{{ int_select('patient', 'final', nulls=true) }}
