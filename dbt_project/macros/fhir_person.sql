{#-
  Names, numbers and addresses of people as lists: out of HL7 v2 (XPN, XTN, XAD) and FHIR into one shape, and
  out of that into FHIR. Uses by HL7's Version 2 to FHIR (concept maps of tables 0200, 0190, 0201, 0202).
-#}

{% macro person_list_types() -%}
    {{ return({
        'names': 'struct("use" varchar, family varchar, given varchar[], prefix varchar[], suffix varchar[], start_date varchar, end_date varchar)[]',
        'telecoms': 'struct("system" varchar, "value" varchar, "use" varchar, country varchar, area varchar, "local" varchar, extension varchar, "rank" integer, start_date varchar, end_date varchar)[]',
        'addresses': 'struct("use" varchar, "type" varchar, line varchar[], city varchar, district varchar, state varchar, postal_code varchar, country varchar, start_date varchar, end_date varchar)[]',
    }) }}
{%- endmacro %}

{% macro present(values) -%}
    list_filter({{ values }}, lambda value: value is not null)
{%- endmacro %}

{#- From when to when a name, number or address is meant (HL7 v2 DTM), as dates in FHIR's words. No end before its start. -#}
{% macro hl7_validity(validity) -%}
    'start_date': case when {{ validity }}."start" is not null then {{ hl7_day_text(validity ~ '."start"') }} end,
    'end_date': case
        when {{ validity }}."end" is not null and coalesce({{ hl7_date(validity ~ '."start"') }} <= {{ hl7_date(validity ~ '."end"') }}, true)
            then {{ hl7_day_text(validity ~ '."end"') }}
    end
{%- endmacro %}

{% macro hl7_day_text(text) -%}
    case when {{ hl7_date(text) }} >= date '1000-01-01' then {{ fhir_date(hl7_date(text), hl7_precision(text)) }} end
{%- endmacro %}

{#- XPN as sent (`hl7_names`). -#}
{% macro hl7_person_names(names) -%}
    list_transform(
        list_filter({{ names }}, lambda name: coalesce(name.family, name.given) is not null),
        lambda name: {
            'use': case upper(name."type")
                when 'L' then 'official'
                when 'D' then 'usual'
                when 'M' then 'maiden'
                when 'N' then 'nickname'
                when 'S' then 'anonymous'
                when 'T' then 'temp'
                when 'TEMP' then 'temp'
                when 'BAD' then 'old'
                when 'P' then 'old'
            end,
            'family': name.family,
            'given': {{ present('[name.given, name.middle]') }},
            'prefix': {{ present('[name.prefix]') }},
            'suffix': {{ present('[name.suffix, name.degree, name.professional_suffix]') }},
            {{ hl7_validity('name.validity') }}
        }
    )
{%- endmacro %}

{#- XTN as sent (`hl7_telecoms`): a number and an e-mail address of one repetition are two contact points. -#}
{% macro hl7_person_telecoms(telecoms) -%}
    flatten(list_transform(
        coalesce({{ telecoms }}, []),
        lambda telecom: list_filter([
            {
                'system': case
                    when upper(telecom.equipment) = 'FX' then 'fax'
                    when regexp_matches(telecom.number, '^(?i:https?://|www[.])') then 'url'
                    when upper(telecom.equipment) in ('INTERNET', 'X.400') then 'email'
                    when upper(telecom.equipment) = 'BP' or upper(telecom."use") = 'BPN' then 'pager'
                    when upper(telecom.equipment) in ('MD', 'TDD', 'TTY') then 'other'
                    else 'phone'
                end,
                'value': case
                    when telecom.number is distinct from telecom.email
                        then telecom.number || coalesce(' x' || telecom.extension, '')
                end,
                'use': case
                    when upper(telecom.equipment) = 'CP' or upper(telecom."use") in ('PRS', 'CP', 'MOBILE', 'CELL') then 'mobile'
                    -- Words that some senders write for the codes of table 0201.
                    when upper(telecom."use") in ('PRN', 'HOME') then 'home'
                    when upper(telecom."use") in ('WPN', 'WORK', 'BUSINESS') then 'work'
                    when upper(telecom."use") = 'VHN' then 'temp'
                end,
                'country': telecom.country,
                'area': telecom.area,
                'local': telecom."local",
                'extension': telecom.extension,
                'rank': case when telecom.validity."rank" is not null then try_cast(telecom.validity."rank" as integer) end,
                {{ hl7_validity('telecom.validity') }}
            },
            {
                'system': 'email',
                'value': telecom.email,
                'use': case when upper(telecom."use") in ('WPN', 'WORK', 'BUSINESS') then 'work' end,
                'country': null,
                'area': null,
                'local': null,
                'extension': null,
                'rank': case when telecom.validity."rank" is not null then try_cast(telecom.validity."rank" as integer) end,
                {{ hl7_validity('telecom.validity') }}
            }
        ], lambda point: point."value" is not null)
    ))
{%- endmacro %}

{#- XAD as sent (`hl7_addresses`). -#}
{% macro hl7_person_addresses(addresses) -%}
    list_transform(
        list_filter(
            {{ addresses }},
            lambda address: coalesce(
                address.line, address.other, address.city, address.state, address.postal_code, address.country
            ) is not null
        ),
        lambda address: {
            'use': case upper(address."type")
                when 'H' then 'home'
                when 'P' then 'home'
                when 'L' then 'home'
                -- Words that some senders write for the codes of table 0190.
                when 'HOME' then 'home'
                when 'WORK' then 'work'
                when 'BUSINESS' then 'work'
                when 'TEMPORARY' then 'temp'
                when 'BILLING' then 'billing'
                when 'B' then 'work'
                when 'O' then 'work'
                when 'C' then 'temp'
                when 'V' then 'temp'
                when 'BA' then 'old'
                when 'BI' then 'billing'
            end,
            'type': case when upper(address."type") in ('M', 'MAILING') then 'postal' end,
            'line': {{ present('[address.line, address.other]') }},
            'city': address.city,
            'district': address.county,
            'state': address.state,
            'postal_code': address.postal_code,
            'country': address.country,
            {{ hl7_validity('address.validity') }}
        }
    )
{%- endmacro %}

{#- FHIR's own lists, as `fhir_read` types them. -#}
{% macro fhir_person_names(names) -%}
    list_transform(
        {{ names }},
        lambda name: {
            'use': name."use", 'family': name.family, 'given': coalesce(name.given, []),
            'prefix': coalesce(name.prefix, []), 'suffix': coalesce(name.suffix, []),
            'start_date': null::varchar, 'end_date': null::varchar
        }
    )
{%- endmacro %}

{% macro fhir_person_telecoms(telecoms) -%}
    list_transform(
        {{ telecoms }},
        lambda point: {
            'system': point."system", 'value': point."value", 'use': point."use", {{ no_contact_details() }}
        }
    )
{%- endmacro %}

{#- Parts, order and time of a contact point of which nobody says them. -#}
{% macro no_contact_details() -%}
    'country': null::varchar, 'area': null::varchar, 'local': null::varchar, 'extension': null::varchar, 'rank': null::integer,
    'start_date': null::varchar, 'end_date': null::varchar
{%- endmacro %}

{% macro fhir_person_addresses(addresses) -%}
    list_transform(
        {{ addresses }},
        lambda address: {
            'use': address."use", 'type': null::varchar, 'line': coalesce(address.line, []), 'city': address.city,
            'district': address.district, 'state': address.state, 'postal_code': address."postalCode",
            'country': address.country, 'start_date': null::varchar, 'end_date': null::varchar
        }
    )
{%- endmacro %}

{#- Into FHIR. A code that FHIR does not know is left out. -#}
{% macro fhir_strings(values) -%}
    {{ fhir_list("list_transform(" ~ values ~ ", lambda value: " ~ fhir_string('value') ~ ")") }}
{%- endmacro %}

{% macro fhir_validity(whole) -%}
    {{ fhir_object({'start': fhir_token(whole ~ '.start_date'), 'end': fhir_token(whole ~ '.end_date')}) }}
{%- endmacro %}

{% macro fhir_human_names(names) -%}
    {{ fhir_list("list_transform(" ~ names ~ ", lambda name: " ~ fhir_object({
        'use': fhir_token(fhir_known('name."use"', ['usual', 'official', 'temp', 'nickname', 'anonymous', 'old', 'maiden'])),
        'family': fhir_string('name.family'),
        'given': fhir_strings('name.given'),
        'prefix': fhir_strings('name.prefix'),
        'suffix': fhir_strings('name.suffix'),
        'period': fhir_validity('name'),
    }) ~ ")") }}
{%- endmacro %}

{% macro fhir_contact_points(telecoms) -%}
    {%- set parts = [] -%}
    {%- for part in ['country', 'area', 'local', 'extension'] -%}
        {%- do parts.append(
            'case when point."' ~ part ~ '" is not null then ' ~ fhir_object({
                'url': fhir_constant('http://hl7.org/fhir/StructureDefinition/contactpoint-' ~ part),
                'valueString': fhir_string('point."' ~ part ~ '"'),
            }) ~ ' end'
        ) -%}
    {%- endfor -%}
    {{ fhir_list("list_transform(" ~ telecoms ~ ", lambda point: " ~ fhir_object({
        'extension': fhir_array(parts),
        'system': fhir_token(fhir_known('point."system"', ['phone', 'fax', 'email', 'pager', 'url', 'sms', 'other'])),
        'value': fhir_string('point."value"'),
        'use': fhir_token(fhir_known('point."use"', ['home', 'work', 'temp', 'old', 'mobile'])),
        'rank': "case when point.\"rank\" > 0 then " ~ fhir_integer('point."rank"') ~ " end",
        'period': fhir_validity('point'),
    }) ~ ")") }}
{%- endmacro %}

{% macro fhir_postal_addresses(addresses) -%}
    {{ fhir_list("list_transform(" ~ addresses ~ ", lambda address: " ~ fhir_object({
        'use': fhir_token(fhir_known('address."use"', ['home', 'work', 'temp', 'old', 'billing'])),
        'type': fhir_token(fhir_known('address."type"', ['postal', 'physical', 'both'])),
        'line': fhir_strings('address.line'),
        'city': fhir_string('address.city'),
        'district': fhir_string('address.district'),
        'state': fhir_string('address.state'),
        'postalCode': fhir_string('address.postal_code'),
        'country': fhir_string('address.country'),
        'period': fhir_validity('address'),
    }) ~ ")") }}
{%- endmacro %}


{# ---- who is related, and how ----------------------------------------------------------------- #}

{#- Whether a relationship (table 0063, 0344; X12 18) says that it is the patient. -#}
{% macro hl7_is_self(code, display='null::varchar') -%}
    coalesce(
        upper({{ code }}) in ('SEL', 'SE', 'SELF', 'S', 'ONESELF', '18', '01') or upper({{ display }}) in ('SELF', 'SAME AS PATIENT'),
        false
    )
{%- endmacro %}

{#- Table 0063 to v3-RoleCode (PersonalRelationshipRoleType). -#}
{% macro hl7_relationship(code) -%}
    case upper({{ code }})
        when 'SPO' then 'SPS'
        when 'DOM' then 'DOMPART'
        when 'CHD' then 'CHILD'
        when 'GCH' then 'GRNDCHILD'
        when 'NCH' then 'NCHILD'
        when 'SCH' then 'STPCHLD'
        when 'FCH' then 'CHLDFOST'
        when 'PAR' then 'PRN'
        when 'MTH' then 'MTH'
        when 'FTH' then 'FTH'
        when 'GRP' then 'GRPRN'
        when 'SIB' then 'SIB'
        when 'BRO' then 'BRO'
        when 'SIS' then 'SIS'
        when 'FND' then 'FRND'
        when 'EXF' then 'EXT'
    end
{%- endmacro %}

{#- A person whom a patient's record names: within the patient by name, so that next of kin, guarantor and insured are one. -#}
{% macro related_person_key(scope, family, given) -%}
    concat_ws(
        chr(31), 'name', {{ scope }}, upper(coalesce(trim({{ family }}), '')), upper(coalesce(trim({{ given }}), ''))
    )
{%- endmacro %}


{# ---- a patient's lists, the golden record first ---------------------------------------------- #}

{#- The names that the newest PID lists; before them what identity chose, where it is none of them. -#}
{% macro golden_first_names(names, golden) -%}
    list_concat(
        case
            when coalesce({{ golden }}.family, {{ golden }}.given) is null or list_contains(
                list_transform({{ names }}, lambda name: upper(concat_ws('|', name.family, name.given[1]))),
                upper(concat_ws('|', {{ golden }}.family, {{ golden }}.given))
            ) then []
            else [{
                'use': 'official', 'family': {{ golden }}.family, 'given': {{ present('[' ~ golden ~ '.given, ' ~ golden ~ '.middle]') }},
                'prefix': []::varchar[], 'suffix': {{ present('[' ~ golden ~ '.suffix]') }},
                'start_date': null::varchar, 'end_date': null::varchar
            }]
        end,
        {{ names }}
    )
{%- endmacro %}

{% macro golden_first_telecoms(telecoms, golden) -%}
    list_concat(
        list_filter(
            [
                {'system': 'phone', 'value': {{ golden }}.phone, 'use': null::varchar, {{ no_contact_details() }}},
                {'system': 'email', 'value': {{ golden }}.email, 'use': null::varchar, {{ no_contact_details() }}}
            ],
            lambda own: own."value" is not null and not coalesce(list_contains(
                list_transform({{ telecoms }}, lambda point: lower(regexp_replace(point."value", '[^0-9A-Za-z@.]', '', 'g'))),
                lower(regexp_replace(own."value", '[^0-9A-Za-z@.]', '', 'g'))
            ), false)
            -- Identity knows a number without its country and its extension.
            and not coalesce(list_contains(
                list_transform(
                    list_transform({{ telecoms }}, lambda point: {{ person_phone_digits('point."value"') }}),
                    lambda digits: {{ person_phone_of_digits('digits') }}
                ),
                own."value"
            ), false)
        ),
        {{ telecoms }}
    )
{%- endmacro %}

{% macro golden_first_addresses(addresses, golden) -%}
    list_concat(
        case
            when
                coalesce({{ golden }}.address_line, {{ golden }}.city, {{ golden }}.state, {{ golden }}.postal_code) is null
                or len(list_filter(
                    {{ addresses }},
                    lambda address:
                        starts_with(upper(coalesce({{ golden }}.address_line, '')), upper(coalesce(address.line[1], '')))
                        and left(address.postal_code, 5) is not distinct from left({{ golden }}.postal_code, 5)
                )) > 0 then []
            else [{
                'use': 'home', 'type': null::varchar, 'line': {{ present('[' ~ golden ~ '.address_line]') }}, 'city': {{ golden }}.city,
                'district': {{ golden }}.county_fips, 'state': {{ golden }}.state, 'postal_code': {{ golden }}.postal_code,
                'country': null::varchar, 'start_date': null::varchar, 'end_date': null::varchar
            }]
        end,
        {{ addresses }}
    )
{%- endmacro %}

{#- Every race that the newest PID lists, where the one that identity chose is among them; else that one. -#}
{% macro golden_races(codes, golden) -%}
    case
        when list_contains({{ codes }}, {{ golden }}) then list_filter({{ codes }}, lambda code: code is not null)
        when {{ golden }} is not null then [{{ golden }}]
    end
{%- endmacro %}

{#- The same of ethnicity, which has one category, and others in detail. -#}
{% macro golden_ethnicities(codes, golden) -%}
    case
        when list_contains({{ codes }}, {{ golden }})
            then list_concat([{{ golden }}], list_filter(
                {{ codes }},
                lambda code: regexp_matches(code, '^[0-9]{4}-[0-9]$') and code not in ('2135-2', '2186-5') and code <> {{ golden }}
            ))
        when {{ golden }} is not null then [{{ golden }}]
    end
{%- endmacro %}

{#- A `number` of a person (its type by table 0203) as an identifier. -#}
{% macro fhir_person_identifier(system, period, assigner) -%}
    {{ fhir_object({
        'type': "case when number.\"type\" is not null then " ~ fhir_codeable_concept("'http://terminology.hl7.org/CodeSystem/v2-0203'", 'number."type"') ~ " end",
        'system': fhir_token(system),
        'value': fhir_string('number."value"'),
        'period': period,
        'assigner': assigner,
    }) }}
{%- endmacro %}

{#- A patient's, with who issued it and for when where `issued_numbers` (by `issued_keys`) say so. -#}
{% macro fhir_patient_identifier() -%}
    {%- set issued = 'issued_numbers[list_position(issued_keys, concat_ws(chr(31), number."value", number.authority))]' -%}
    {{ fhir_person_identifier(
        "coalesce(number.\"system\", case when number.\"type\" = 'SS' then 'http://hl7.org/fhir/sid/us-ssn' end, "
        ~ number_system('number.authority', none, 'number.source_system') ~ ")",
        "case when issued_keys is not null then " ~ fhir_validity(issued) ~ " end",
        "case when issued_keys is not null then " ~ fhir_object({'display': fhir_string(issued ~ '.issuer')}) ~ " end",
    ) }}
{%- endmacro %}

{% macro fhir_birth_time(born_at) -%}
    case when {{ born_at }} is not null then {{ fhir_object({'extension': fhir_array([fhir_object({
        'url': fhir_constant('http://hl7.org/fhir/StructureDefinition/patient-birthTime'),
        'valueDateTime': fhir_at(born_at),
    })])}) }} end
{%- endmacro %}

{#- Numbers that are no record number: social security (PID-19), driver's licence (PID-20), PID-2 and PID-4. A SQL list. -#}
{% macro fhir_patient_other_identifiers() -%}
    {%- set others -%}
        list_transform(
            list_filter(
                coalesce(other_numbers, []),
                lambda other: not list_contains(list_transform(identifiers, lambda number: number."value"), other."value")
            ),
            lambda other: {{ fhir_object({
                'type': "case when other.\"type\" is not null then " ~ fhir_codeable_concept("'http://terminology.hl7.org/CodeSystem/v2-0203'", 'other."type"') ~ " end",
                'system': fhir_token(number_system('other.authority', none, 'details_source_system')),
                'value': fhir_string('other."value"'),
            }) }}
        )
    {%- endset -%}
    list_concat(
        {{ present('[
            case when not list_contains(list_transform(identifiers, lambda number: number."type"), \'SS\') then '
            ~ fhir_identifier("'http://hl7.org/fhir/sid/us-ssn'", 'ssn', "'SS'") ~ ' end, '
            ~ fhir_identifier("coalesce('urn:id:driver-license:' || lower(driver_license_state), 'urn:id:driver-license')", 'driver_license', "'DL'")
            ~ ']') }},
        {{ others }}
    )
{%- endmacro %}

{#- The categories of race and ethnicity in words (CDCREC); others by their code. -#}
{% macro _us_core_words(code) -%}
    case {{ code }}
        when '1002-5' then 'American Indian or Alaska Native'
        when '2028-9' then 'Asian'
        when '2054-5' then 'Black or African American'
        when '2076-8' then 'Native Hawaiian or Other Pacific Islander'
        when '2106-3' then 'White'
        when '2131-1' then 'Other Race'
        when '2135-2' then 'Hispanic or Latino'
        when '2186-5' then 'Not Hispanic or Latino'
        else {{ code }}
    end
{%- endmacro %}

{#- US Core race or ethnicity of a list of codes: `ombCategory` where one is that, else `detailed`; table 0189 says H and N. -#}
{% macro fhir_us_core_category(url, codes, categories) -%}
    {%- set known = "case upper(code) when 'H' then '2135-2' when 'N' then '2186-5' else code end" if 'ethnicity' in url else 'code' -%}
    {%- set each -%}
        list_transform(list_transform({{ codes }}, lambda code: {{ known }}), lambda code: case
            when code in ('{{ categories | join("', '") }}') then {{ fhir_object({
                'url': fhir_constant('ombCategory'),
                'valueCoding': fhir_coding("'urn:oid:2.16.840.1.113883.6.238'", 'code', _us_core_words('code')),
            }) }}
            when regexp_matches(code, '^[0-9]{4}-[0-9]$') then {{ fhir_object({
                'url': fhir_constant('detailed'),
                'valueCoding': fhir_coding("'urn:oid:2.16.840.1.113883.6.238'", 'code', 'null::varchar'),
            }) }}
        end)
    {%- endset -%}
    case when len({{ codes }}) > 0 then {{ fhir_object({
        'url': fhir_constant(url),
        'extension': fhir_array([
            fhir_elements(each),
            fhir_object({'url': fhir_constant('text'), 'valueString': fhir_string(
                "array_to_string(list_transform(list_transform(" ~ codes ~ ", lambda code: " ~ known ~ "), lambda code: " ~ _us_core_words('code') ~ "), ', ')"
            )}),
        ]),
    }) }} end
{%- endmacro %}

{#- FHIR's extensions for a citizenship or nationality, a concept of `hl7_concept_parts` in `value`. -#}
{% macro _coded_extension(kind) -%}
    {{ fhir_object({
        'url': fhir_constant('http://hl7.org/fhir/StructureDefinition/patient-' ~ kind),
        'extension': fhir_array([fhir_object({
            'url': fhir_constant('code'), 'valueCodeableConcept': fhir_concept_of('value.codings', 'value."text"'),
        })]),
    }) }}
{%- endmacro %}

{% macro fhir_patient_extensions() -%}
    concat_ws(
        ',',
        {{ fhir_object({
            'url': "case when mother_maiden_name is not null then '\"http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName\"' end",
            'valueString': fhir_string('mother_maiden_name'),
        }) }},
        case when religion_code is not null then {{ fhir_object({
            'url': fhir_constant('http://hl7.org/fhir/StructureDefinition/patient-religion'),
            'valueCodeableConcept': fhir_codeable_concept("'http://terminology.hl7.org/CodeSystem/v2-0006'", 'religion_code'),
        }) }} end,
        case when birth_place is not null then {{ fhir_object({
            'url': fhir_constant('http://hl7.org/fhir/StructureDefinition/patient-birthPlace'),
            'valueAddress': fhir_object({'text': fhir_string('birth_place')}),
        }) }} end,
        {{ fhir_elements("list_transform(citizenships, lambda value: " ~ _coded_extension('citizenship') ~ ")") }},
        {{ fhir_elements("list_transform(nationalities, lambda value: " ~ _coded_extension('nationality') ~ ")") }},
        {{ fhir_elements("list_transform(disabilities, lambda value: " ~ fhir_object({
            'url': fhir_constant('http://hl7.org/fhir/StructureDefinition/patient-disability'),
            'valueCodeableConcept': fhir_concept_of('value.codings', 'value."text"'),
        }) ~ ")") }},
        case when congregation is not null then {{ fhir_object({
            'url': fhir_constant('http://hl7.org/fhir/StructureDefinition/patient-congregation'),
            'valueString': fhir_string('congregation'),
        }) }} end,
        case when note is not null then {{ fhir_object({
            'url': fhir_constant('http://hl7.org/fhir/StructureDefinition/note'),
            'valueAnnotation': fhir_object({'text': fhir_string('note')}),
        }) }} end
    )
{%- endmacro %}


{#- Participation types of PV1-7, -8, -9, -17 and -52 in words. -#}
{% macro encounter_role_display(role) -%}
    case {{ role }} when 'ATND' then 'attender' when 'REF' then 'referrer' when 'CON' then 'consultant' when 'ADM' then 'admitter' else 'Participation' end
{%- endmacro %}
