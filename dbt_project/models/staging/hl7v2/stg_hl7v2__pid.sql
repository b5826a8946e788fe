{{ config(materialized='incremental') }}

{% call hl7v2_typed(['PID']) %}
    {{ hl7_integer('1') }} as set_id,
    {{ hl7_identifiers('3') }} as patient_ids,
    {{ hl7_identifiers('2') }} as external_ids,
    {{ hl7_identifiers('4') }} as alternate_ids,
    {{ hl7_names('5') }} as names,
    {{ hl7_names('6') }} as mother_maiden_names,
    {{ hl7_names('9') }} as aliases,
    {{ hl7_text(hl7_raw('7')) }} as birth_date_text,
    {{ hl7_date(hl7_raw('7')) }} as birth_date,
    {{ hl7_at_precision('7') }} as birth_date_precision,
    -- Midnight is how many senders fill a date up.
    case
        when length({{ hl7_raw('7') }}) > 10 and substr({{ hl7_raw('7') }}, 9, 4) <> '0000' then {{ hl7_at('7') }}
    end as born_at,
    {{ hl7('8.1') }} as sex,
    {{ hl7_list('10', {'code': '1', 'display': '2', 'system': '3'}) }} as races,
    {{ hl7('10.1') }} as race_code,
    {{ hl7_addresses('11') }} as addresses,
    {{ hl7('12.1') }} as county_code,
    list_concat(
        coalesce({{ hl7_telecoms('13', use='PRN') }}, []),
        coalesce({{ hl7_telecoms('14', use='WPN') }}, []),
        coalesce({{ hl7_telecoms('40') }}, [])
    ) as phones,
    {{ hl7('15.1', '15.2') }} as language,
    {{ hl7('16.1') }} as marital_status,
    {{ hl7('17.1') }} as religion,
    {{ hl7('18.1') }} as account_number,
    {{ hl7('18.4.1') }} as account_authority,
    {{ hl7('19.1') }} as ssn,
    {{ hl7('20.1') }} as driver_license,
    {{ hl7('20.2') }} as driver_license_state,
    {{ hl7_list('22', {'code': '1', 'display': '2', 'system': '3'}) }} as ethnicities,
    {{ hl7('22.1') }} as ethnicity_code,
    {{ hl7('23') }} as birth_place,
    {{ hl7('24.1') }} as multiple_birth,
    {{ hl7_integer('25') }} as birth_order,
    {{ hl7_codes('26') }} as citizenships,
    {{ hl7_codes('28') }} as nationalities,
    {{ hl7_codes('39') }} as tribes,
    {{ hl7_at('29') }} as deceased_at,
    {{ hl7_at_precision('29') }} as deceased_at_precision,
    {{ hl7_text(hl7_raw('29')) }} as deceased_at_text,
    {{ hl7('30.1') }} as is_deceased_text,
    {{ hl7_at('33') }} as updated_at,
    {{ hl7_at_precision('33') }} as updated_at_precision,
    {{ hl7_null_fields() }} as null_fields
{% endcall %}
