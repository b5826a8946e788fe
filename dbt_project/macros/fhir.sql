{#
    FHIR R4 JSON out of columns, as text: an element without a value vanishes with its name, an object
    or list without elements is null, as FHIR's JSON demands (R4, 2.6.2: no nulls, no empty objects).

    Every macro here gives JSON text or null, so they nest:
        {{ fhir_object({'resourceType': "'\"Patient\"'", 'gender': fhir_string('sex')}) }}
#}


{# ---- JSON ------------------------------------------------------------------------------------ #}

{% macro fhir_object(members) -%}
    '{' || {{ fhir_members(members) }} || '}'
{%- endmacro %}

{#
    The members of an object without its braces. One that is there in any case, as `resourceType`, carries the commas of
    the others; else DuckDB's `string_agg` of a list is null where none is there.
#}
{% macro fhir_members(members) -%}
    {%- set given = [] -%}
    {%- for name, value in members.items() if value -%}
        {%- do given.append({'json': "'\"" ~ name ~ "\":' || " ~ value, 'is_certain': _is_certain(value)}) -%}
    {%- endfor -%}
    {%- set certain = given | map(attribute='is_certain') | list -%}
    {%- if given | length == 1 -%}
        {{ given[0].json }}
    {%- elif true in certain -%}
        {%- set place = certain.index(true) -%}
        concat(
            {%- for member in given -%}
            {{ ', ' if not loop.first }}{{ "',' || " if loop.index0 > place }}{{ member.json }}{{ " || ','" if loop.index0 < place }}
            {%- endfor -%}
        )
    {%- else -%}
        {{ fhir_elements('[' ~ given | map(attribute='json') | join(', ') ~ ']') }}
    {%- endif -%}
{%- endmacro %}

{#
    `nullif(…, '')` that computes its text once. DuckDB plans `nullif` as a `case` with the text in it twice, and within a
    `case` or a lambda computes both: an object five levels deep thirty-two times.
#}
{% macro null_if_empty(text) -%}
    list_filter([{{ text }}], lambda whole: whole <> '')[1]
{%- endmacro %}

{# Elements that are JSON text, each perhaps null. #}
{% macro fhir_array(elements) -%}
    '[' || {{ elements[0] if elements | length == 1 else fhir_elements('[' ~ elements | join(', ') ~ ']') }} || ']'
{%- endmacro %}

{# A SQL list of JSON texts. #}
{% macro fhir_list(list) -%}
    '[' || {{ fhir_elements(list) }} || ']'
{%- endmacro %}

{#
    The elements of an array without its brackets; null where there are none. `array_to_string` is a `case` with the list
    in it twice, which would compute it twice.
#}
{% macro fhir_elements(list) -%}
    list_aggregate({{ list }}, 'string_agg', ',')
{%- endmacro %}

{#
    One row per `key` of `relation`: `json`, the elements of an array without its brackets, by `place`; null where there are
    none. For lists within lists, unnested first: lambdas within lambdas take several times as long. Who has no JSON is left
    out by the aggregate: a `where` would make each twice, once to ask and once to keep.
#}
{% macro fhir_elements_of(relation, key, place, json) -%}
    select
        {{ key | join(', ') }},
        {{ fhir_elements("list_transform(list_sort(list({'place': place, 'json': json}) filter (where json is not null)), lambda one: one.json)") }} as json
    from (
        select
            {{ key | join(', ') }},
            {{ place }} as place,
            {{ json }} as json
        from {{ relation }}
    ) as elements
    group by {{ key | join(', ') }}
{%- endmacro %}

{#
    Text that a source wrote: leading and trailing blanks and control characters are no content. Almost all is plain
    ASCII without anything that JSON escapes, which is quoted as it is. FHIR's strings know no blanks but these (R4,
    string: [ \r\n\t\S]+).
#}
{% macro fhir_string(value) -%}
    {%- set text -%}
        trim(regexp_replace(
            regexp_replace({{ value }}, '[\x{0085}\x{00A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}\x{FEFF}]', ' ', 'g'),
            '[\x00-\x08\x0B\x0C\x0E-\x1F]', '', 'g'
        ))
    {%- endset -%}
    case
        when regexp_matches({{ value }}, '^[!#-\[\]-~]([ !#-\[\]-~]*[!#-\[\]-~])?$') then '"' || {{ value }} || '"'
        else cast(to_json({{ null_if_empty(text) }}) as varchar)
    end
{%- endmacro %}

{# Text of our own or of controlled form: quoted as it is. #}
{% macro fhir_token(value) -%}
    {%- if _is_word(value) -%}'"{{ value[1:-1] }}"'{%- else -%}cast(to_json({{ value }}) as varchar){%- endif -%}
{%- endmacro %}

{# `code`: no blanks around, single blanks within. #}
{% macro fhir_code(value) -%}
    {%- if _is_word(value) -%}'"{{ value[1:-1] }}"'
    {%- else -%}
    case
        when regexp_matches({{ value }}, '^[!#-\[\]-~]+$') then '"' || {{ value }} || '"'
        else cast(to_json(nullif(regexp_replace(trim({{ value }}), '\s+', ' ', 'g'), '')) as varchar)
    end
    {%- endif -%}
{%- endmacro %}

{# Whether an expression is a literal that JSON writes as it is, and no more than one word. #}
{% macro _is_word(value) -%}
    {%- set word = value[1:-1] -%}
    {{ return(
        word and value == "'" ~ word ~ "'" and "'" not in word and '"' not in word and '\\' not in word and word.split() == [word]
    ) }}
{%- endmacro %}

{# Whether JSON text is there in any case: a literal. #}
{% macro _is_certain(json) -%}
    {{ return(json is string and json[:1] == "'" and json[-1:] == "'" and "'" not in json[1:-1]) }}
{%- endmacro %}

{# `decimal`, `integer`: JSON numbers have no NaN and no infinity. #}
{% macro fhir_number(value) -%}
    case
        when isfinite(cast({{ value }} as double))
            then regexp_replace(cast({{ value }} as varchar), '\.0*$|(\.[0-9]*?[1-9])0+$', '\1')
    end
{%- endmacro %}

{% macro fhir_integer(value) -%}
    cast({{ value }} as varchar)
{%- endmacro %}

{% macro fhir_boolean(value) -%}
    cast({{ value }} as varchar)
{%- endmacro %}

{% macro fhir_constant(value) -%}
    '"{{ value }}"'
{%- endmacro %}

{% macro fhir_at(moment, precision="'second'") -%}
    '"' || {{ fhir_datetime(moment, precision) }} || '"'
{%- endmacro %}

{% macro fhir_on(day, precision="'day'") -%}
    '"' || {{ fhir_date(day, precision) }} || '"'
{%- endmacro %}


{# ---- data types ------------------------------------------------------------------------------ #}

{% macro fhir_coding(system, code, display=none) -%}
    {{ fhir_object({
        'system': fhir_token(system), 'code': fhir_code(code), 'display': fhir_string(display) if display else none,
    }) }}
{%- endmacro %}

{# A concept of one coding and a text. #}
{% macro fhir_codeable_concept(system, code, display=none, text=none) -%}
    {{ fhir_object({
        'coding': fhir_array([fhir_coding(system, code, display)]),
        'text': fhir_string(text) if text else none,
    }) }}
{%- endmacro %}

{# A concept from a list of struct(system, code, display); a coding without a code is only text. #}
{% macro fhir_concept_of(codings, text) -%}
    {{ fhir_object({
        'coding': fhir_list(
            "list_transform(list_filter(" ~ codings ~ ", lambda coding: coding.code is not null), lambda coding: "
            ~ fhir_coding('coding.system', 'coding.code', 'coding.display') ~ ")"
        ),
        'text': fhir_string(text),
    }) }}
{%- endmacro %}

{% macro fhir_reference(type, id, display=none) -%}
    {{ fhir_object({
        'reference': "'\"" ~ type ~ "/' || " ~ id ~ " || '\"'",
        'display': fhir_string(display) if display else none,
    }) }}
{%- endmacro %}

{#
    Who and what an appointment needs (`actor_references`): a resource of silver, else by number and name. A time far from the
    appointment's (`start_at`) is one that it was moved from.
#}
{% macro fhir_participants(actors) -%}
    {{ fhir_elements("list_transform(" ~ actors ~ ", lambda one: " ~ fhir_object({
        'type': fhir_array([fhir_concept_of('one.role_codings', 'one."role"')]),
        'actor': fhir_object({
            'reference': fhir_token('one.reference'),
            'identifier': fhir_identifier('one.identifier_system', 'one.identifier'),
            'display': fhir_string('one.display'),
        }),
        'status': fhir_token('one.status'),
        'period': "case when abs(date_diff('minute', one.start_at, start_at)) < 720 then " ~ fhir_period(
            'one.start_at', 'case when one.end_at >= one.start_at then one.end_at end'
        ) ~ " end",
    }) ~ ")") }}
{%- endmacro %}

{# The patient of a resource that must have one; a person whom nobody could identify is said so in words. #}
{% macro fhir_subject() -%}
    coalesce({{ fhir_reference('Patient', 'patient_id') }}, '{"display":"not identified"}')
{%- endmacro %}

{% macro fhir_identifier(system, value, type=none, use=none) -%}
    {%- set concept = fhir_codeable_concept("'http://terminology.hl7.org/CodeSystem/v2-0203'", type) if type -%}
    case when nullif(trim({{ value }}), '') is not null then {{ fhir_object({
        'use': fhir_constant(use) if use else none,
        'type': "case when " ~ type ~ " is not null then " ~ concept ~ " end" if type and not _is_word(type) else concept,
        'system': fhir_token(system),
        'value': fhir_string(value),
    }) }} end
{%- endmacro %}

{% macro fhir_quantity(value, unit, code=none, system="'http://unitsofmeasure.org'", comparator=none) -%}
    case when {{ value }} is not null then {{ fhir_object({
        'value': fhir_number(value),
        'comparator': fhir_token(comparator) if comparator else none,
        'unit': fhir_string(unit),
        'system': "case when " ~ code ~ " is not null then " ~ fhir_token(system) ~ " end" if code else none,
        'code': fhir_code(code) if code else none,
    }) }} end
{%- endmacro %}

{% macro fhir_period(start_at, end_at, start_precision="'second'", end_precision="'second'") -%}
    {{ fhir_object({'start': fhir_at(start_at, start_precision), 'end': fhir_at(end_at, end_precision)}) }}
{%- endmacro %}

{# Where the row came from: `meta.source` names feed system, file and record. #}
{% macro fhir_meta() -%}
    {{ fhir_object({
        'lastUpdated': fhir_at('recorded_at'),
        'source': fhir_meta_source(),
    }) }}
{%- endmacro %}

{% macro fhir_meta_source() -%}
    '"urn:wellspring:' || source_system || ':' || source_record_id || '"'
{%- endmacro %}


{# ---- code systems ---------------------------------------------------------------------------- #}

{# Coding systems by their HL7 v2 names (table 0396). Source: HL7 v2-to-FHIR, coding systems; terminology.hl7.org. #}
{% macro _named_code_systems() -%}
    {{ return({
        'http://loinc.org': ['LN', 'LOINC'],
        'http://hl7.org/fhir/sid/icd-10-cm': ['I10C', 'ICD-10-CM', 'ICD10CM', 'ICD10-CM', 'ICD10', 'ICD-10', 'I10'],
        'http://www.cms.gov/Medicare/Coding/ICD10': ['I10P', 'ICD10PCS'],
        'http://hl7.org/fhir/sid/icd-9-cm': ['I9', 'I9C', 'I9M', 'I9CP', 'ICD9CM', 'I9CDX', 'ICD9', 'ICD-9-CM'],
        'http://snomed.info/sct': ['SCT', 'SNM', 'SNM3', 'SNOMED', 'SNOMEDCT', 'SNOMED-CT'],
        'http://www.nlm.nih.gov/research/umls/rxnorm': ['RXNORM', 'RXN'],
        'http://hl7.org/fhir/sid/ndc': ['NDC'],
        'http://hl7.org/fhir/sid/cvx': ['CVX'],
        'http://hl7.org/fhir/sid/mvx': ['MVX'],
        'http://www.ama-assn.org/go/cpt': ['C4', 'CPT', 'CPT4', 'CPT-4'],
        'http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets': ['HCPCS', 'HCPC', 'HPC'],
        'http://unitsofmeasure.org': ['UCUM'],
        'urn:oid:2.16.840.1.113883.6.3.2': ['ISO+'],
        'urn:oid:2.16.840.1.113883.6.238': ['CDCREC'],
        'http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl': ['NCIT'],
        'http://terminology.hl7.org/CodeSystem/v2-NIP001': ['NIP001'],
        'http://terminology.hl7.org/CodeSystem/v2-NIP002': ['NIP002'],
        'urn:oid:2.16.840.1.114222.4.5.1': ['CDCPHINVS'],
        'urn:oid:2.16.840.1.114222.4.5.232': ['PHINQUESTION'],
        'http://terminology.hl7.org/CodeSystem/FDDX': ['FDDX'],
        'http://dicom.nema.org/resources/ontology/DCM': ['DCM'],
        'https://www.nubc.org/CodeSystem/RevenueCodes': ['UB04'],
        'http://nucc.org/provider-taxonomy': ['NUCC'],
    }) }}
{%- endmacro %}

{#
    The FHIR URI of a coding system by its HL7 v2 name, OID or URI; null: a local system. A look-up in lists, as a `case`
    would make the name comparable for each of the known ones anew.
#}
{% macro code_system_uri(name) -%}
    {%- set names, uris = [], [] -%}
    {%- for uri, spellings in _named_code_systems().items() -%}
        {%- for spelling in spellings -%}
            {%- do names.append(spelling) -%}
            {%- do uris.append(uri) -%}
        {%- endfor -%}
    {%- endfor -%}
    case
        when {{ name }} is null then null
        when {{ name }} in ('L', '99EHR') then null
        else coalesce(
            ['{{ uris | join("', '") }}'][list_position(['{{ names | join("', '") }}'], upper(trim({{ name }})))],
            case
                when regexp_matches(upper(trim({{ name }})), '^HL7[0-9]{4,5}$')
                    then 'http://terminology.hl7.org/CodeSystem/v2-' || right(trim({{ name }}), 4)
                when regexp_matches(trim({{ name }}), '^[0-2](\.[0-9]+)+$') then 'urn:oid:' || trim({{ name }})
                when regexp_matches(trim({{ name }}), '^(https?://|urn:)\S+$') then trim({{ name }})
            end
        )
    end
{%- endmacro %}

{# The URI of a system's own codes; characters that no URI has become hyphens. #}
{% macro local_system_uri(source_system, local_system) -%}
    'urn:id:' || {{ source_system }} || ':' || regexp_replace({{ local_system }}, '[^A-Za-z0-9._-]+', '-', 'g')
{%- endmacro %}

{% macro coding_system(source_system, name) -%}
    coalesce({{ code_system_uri(name) }}, {{ local_system_uri(source_system, name) }})
{%- endmacro %}

{#
    The codings of an HL7 v2 coded value whose six components stand in `<prefix>_code`, `_display`,
    `_system`, `_alternate_code` …: a list of struct(system, code, display), as sent.
#}
{% macro hl7_codings(prefix, source_system='source_system') -%}
    {%- set own -%}
        {'system': {{ coding_system(source_system, prefix ~ '_system') }}, 'code': {{ prefix }}_code, 'display': {{ prefix }}_display}
    {%- endset -%}
    {%- set alternate -%}
        {'system': {{ coding_system(source_system, prefix ~ '_alternate_system') }}, 'code': {{ prefix }}_alternate_code, 'display': {{ prefix }}_alternate_display}
    {%- endset -%}
    case
        when {{ prefix }}_alternate_code is null and coalesce({{ prefix }}_code, {{ prefix }}_display) is null then null
        when {{ prefix }}_alternate_code is null then [{{ own }}]
        when {{ prefix }}_code is null then [{{ alternate }}]
        else [{{ own }}, {{ alternate }}]
    end
{%- endmacro %}

{# The local system and code of the same value (the first of its two codings that is local). #}
{% macro hl7_local_system(prefix) -%}
    case
        when {{ prefix }}_code is not null and {{ code_system_uri(prefix ~ '_system') }} is null then coalesce({{ prefix }}_system, 'L')
        when {{ prefix }}_alternate_code is not null and {{ code_system_uri(prefix ~ '_alternate_system') }} is null
            then coalesce({{ prefix }}_alternate_system, 'L')
    end
{%- endmacro %}

{% macro hl7_local_code(prefix) -%}
    case
        when {{ prefix }}_code is not null and {{ code_system_uri(prefix ~ '_system') }} is null then {{ prefix }}_code
        when {{ prefix }}_alternate_code is not null and {{ code_system_uri(prefix ~ '_alternate_system') }} is null
            then {{ prefix }}_alternate_code
    end
{%- endmacro %}
