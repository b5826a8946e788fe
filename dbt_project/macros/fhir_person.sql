{#-
  Names, numbers and addresses of people as lists: out of HL7 v2 (XPN, XTN, XAD) and FHIR into one shape, and
  out of that into FHIR. Uses by HL7's Version 2 to FHIR (concept maps of tables 0200, 0190, 0201, 0202).
-#}

{% macro person_list_types() -%}
    {{ return({
        'names': 'struct("use" varchar, family varchar, given varchar[], prefix varchar[], suffix varchar[])[]',
        'telecoms': 'struct("system" varchar, "value" varchar, "use" varchar)[]',
        'addresses': 'struct("use" varchar, "type" varchar, line varchar[], city varchar, district varchar, state varchar, postal_code varchar, country varchar)[]',
    }) }}
{%- endmacro %}

{% macro present(values) -%}
    list_filter({{ values }}, lambda value: value is not null)
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
            'suffix': {{ present('[name.suffix, name.degree]') }}
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
                    when upper(telecom.equipment) = 'BP' then 'pager'
                    when upper(telecom.equipment) in ('MD', 'TDD', 'TTY') then 'other'
                    else 'phone'
                end,
                'value': case
                    when telecom.number is distinct from telecom.email
                        then telecom.number || coalesce(' x' || telecom.extension, '')
                end,
                'use': case
                    when upper(telecom.equipment) = 'CP' or upper(telecom."use") = 'PRS' then 'mobile'
                    when upper(telecom."use") = 'PRN' then 'home'
                    when upper(telecom."use") = 'WPN' then 'work'
                    when upper(telecom."use") = 'VHN' then 'temp'
                end
            },
            {
                'system': 'email',
                'value': telecom.email,
                'use': case when upper(telecom."use") = 'WPN' then 'work' end
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
                when 'B' then 'work'
                when 'O' then 'work'
                when 'C' then 'temp'
                when 'V' then 'temp'
                when 'BA' then 'old'
                when 'BI' then 'billing'
            end,
            'type': case when upper(address."type") = 'M' then 'postal' end,
            'line': {{ present('[address.line, address.other]') }},
            'city': address.city,
            'district': address.county,
            'state': address.state,
            'postal_code': address.postal_code,
            'country': address.country
        }
    )
{%- endmacro %}

{#- FHIR's own lists, as `fhir_read` types them. -#}
{% macro fhir_person_names(names) -%}
    list_transform(
        {{ names }},
        lambda name: {
            'use': name."use", 'family': name.family, 'given': coalesce(name.given, []),
            'prefix': coalesce(name.prefix, []), 'suffix': coalesce(name.suffix, [])
        }
    )
{%- endmacro %}

{% macro fhir_person_telecoms(telecoms) -%}
    list_transform(
        {{ telecoms }},
        lambda point: {'system': point."system", 'value': point."value", 'use': point."use"}
    )
{%- endmacro %}

{% macro fhir_person_addresses(addresses) -%}
    list_transform(
        {{ addresses }},
        lambda address: {
            'use': address."use", 'type': null::varchar, 'line': coalesce(address.line, []), 'city': address.city,
            'district': address.district, 'state': address.state, 'postal_code': address."postalCode",
            'country': address.country
        }
    )
{%- endmacro %}

{#- Into FHIR. A code that FHIR does not know is left out. -#}
{% macro fhir_strings(values) -%}
    {{ fhir_list("list_transform(" ~ values ~ ", lambda value: " ~ fhir_string('value') ~ ")") }}
{%- endmacro %}

{% macro fhir_human_names(names) -%}
    {{ fhir_list("list_transform(" ~ names ~ ", lambda name: " ~ fhir_object({
        'use': fhir_token(fhir_known('name."use"', ['usual', 'official', 'temp', 'nickname', 'anonymous', 'old', 'maiden'])),
        'family': fhir_string('name.family'),
        'given': fhir_strings('name.given'),
        'prefix': fhir_strings('name.prefix'),
        'suffix': fhir_strings('name.suffix'),
    }) ~ ")") }}
{%- endmacro %}

{% macro fhir_contact_points(telecoms) -%}
    {{ fhir_list("list_transform(" ~ telecoms ~ ", lambda point: " ~ fhir_object({
        'system': fhir_token(fhir_known('point."system"', ['phone', 'fax', 'email', 'pager', 'url', 'sms', 'other'])),
        'value': fhir_string('point."value"'),
        'use': fhir_token(fhir_known('point."use"', ['home', 'work', 'temp', 'old', 'mobile'])),
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
