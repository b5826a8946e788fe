{#
    What a FHIR resource said, carried through silver whole.

    A resource that arrived as FHIR comes out as it went in: every element and extension, with silver's id, with
    references to silver's ids, and with `meta.source` ours. `int_fhir_received` holds it so; a silver model joins
    it by the column `received`, the record that said it (macro `join_fhir_received`), and
    `fhir_with_received` makes the JSON of the row.
#}

{# The `received` of a source of FHIR, in a relation named `resources`. #}
{% macro fhir_received(resource_type) -%}
    resources.source_record_id
{%- endmacro %}

{#
    Joins `int_fhir_received` to `relation`, which has `received` (a record id, or null). Only the resources of a `type`
    are read: a join holds what it joins, and most of what arrives as FHIR are observations.
#}
{% macro join_fhir_received(relation, type, record='received') -%}
    left join (
        select
            received_record_id,
            received_versions,
            received_is_newest,
            received_resource
        from {{ ref('int_fhir_received') }}
        where received_type = '{{ type }}'
    ) as fhir_received
        on {{ relation }}.{{ record }} = fhir_received.received_record_id
{%- endmacro %}

{#
    The JSON of a row: `built` (JSON text from silver's columns) where nothing arrived as FHIR. Where the row is one
    resource, and nobody else said anything of it, that resource. Where other records speak of the same fact, both: the
    row's leading record has the last word (RFC 7396), and whatever the other said besides stays. A choice of
    types (`onset[x]`) has one member: `choices` names, for silver's own, those that a source may use instead.

    `built` is a column of the relation (`built_json`), as it stands here three times.
#}
{% macro fhir_with_received(built, id=none, choices={}, lead='source_record_id') -%}
    {%- set id = id or this.identifier ~ '_id' -%}
    case
        when received_resource is null then {{ built }}
        when len(source_record_ids) <= received_versions
            then {{ fhir_numbers_as_written(
                "cast(json_merge_patch(received_resource, " ~ _fhir_ours(id) ~ ") as varchar)"
            ) }}
        when received_record_id = {{ lead }} then {{ fhir_numbers_as_written(
            "cast(json_merge_patch(" ~ built ~ ", '{\"meta\":null}'" ~ _fhir_choices_of_received(choices) ~ ", received_resource, "
            ~ _fhir_ours(id) ~ ") as varchar)"
        ) }}
        else {{ fhir_numbers_as_written(
            "cast(json_merge_patch(received_resource" ~ _fhir_choices_of_built(choices) ~ ", " ~ built ~ ") as varchar)"
        ) }}
    end
{%- endmacro %}

{# What is ours in a resource of others: its id, and the record that it came from. #}
{% macro _fhir_ours(id) -%}
    {{ fhir_object({'id': fhir_token(id), 'meta': fhir_object({'source': fhir_meta_source()})}) }}
{%- endmacro %}

{# Patches that take silver's member of a choice away where the source used another one. #}
{% macro _fhir_choices_of_received(choices) -%}
    {%- for own, others in choices.items() %}, case
        when list_contains(json_exists(received_resource, ['$.{{ others | join("', '$.") }}']), true)
            then '{"{{ own }}":null}'
        else '{}'
    end{%- endfor -%}
{%- endmacro %}

{# Patches that take the source's other members of a choice away: the built resource has its own. #}
{% macro _fhir_choices_of_built(choices) -%}
    {%- for others in choices.values() %}, '{ {%- for name in others %}"{{ name }}":null{{ ',' if not loop.last }}{% endfor -%} }'{%- endfor -%}
{%- endmacro %}

{#
    JSON functions read a decimal as a binary number and write it anew, so that 1.50 becomes 1.5; FHIR's decimals have a
    precision (R4, 2.24.0.1). Until all is put together they are strings that begin with a sign that no source uses.
    `json` is a column of minified JSON, in which a number follows a name, a comma or a bracket; most have none that would be
    written otherwise. Where no string can be taken for a number (no escape, no digit after a comma, a bracket or what is no
    name), a number is what follows a name; else all strings are read past, which takes five times as long.
#}
{% macro fhir_numbers_kept(json) -%}
    case
        when
            not regexp_matches({{ json }}, '(?:":|[,\[])-?(?:[0-9]+[.][0-9]*0[^0-9]|0[.]0000|[0-9][0-9.]*[eE][0-9+-]|[0-9.]{17})')
            then {{ json }}
        when not regexp_matches({{ json }}, '\\|[\[,]-?[0-9]|[^A-Za-z0-9_]":-?[0-9]')
            then regexp_replace({{ json }}, '":(-?[0-9][0-9.eE+-]*)', '":"' || chr(57344) || '\1' || chr(57345) || '"', 'g')
        else replace(replace(replace(
            regexp_replace(
                {{ json }},
                '("(?:[^"\\]|\\.)*")|(-?[0-9][0-9.eE+-]*)',
                '\1' || chr(57344) || '\2' || chr(57345), 'g'
            ),
            chr(57344) || chr(57345), ''
        ), chr(57344), '"' || chr(57344)), chr(57345), chr(57345) || '"')
    end
{%- endmacro %}

{% macro fhir_numbers_as_written(json) -%}
    regexp_replace({{ json }}, '"' || chr(57344) || '([^"]*)' || chr(57345) || '"', '\1', 'g')
{%- endmacro %}

{#
    A patient as FHIR sources sent it. One that a single resource speaks of is that resource. Of several, and of other
    formats, the golden record says gender, birth and death; names, numbers, addresses and all other lists hold
    whatever any of the resources holds, then what else the golden record knows; other elements are the newest's.
#}
{% macro fhir_patient_with_received() -%}
    {%- set keys = {
        'identifier': '$.value', 'name': '$.family', 'telecom': '$.value', 'address': '$.line[0]', 'contact': none,
        'communication': '$.language.coding[0].code', 'extension': '$.url', 'modifierExtension': none, 'photo': none,
        'generalPractitioner': none, 'link': none,
    } -%}
    case
        when received_resources is null then built_json
        when len(received_resources) = 1 and len(source_record_ids) <= received_versions
            then {{ fhir_numbers_as_written(
                "cast(json_merge_patch(received_resources[1], "
                ~ _fhir_ours('patient_id') ~ ") as varchar)"
            ) }}
        else {{ fhir_numbers_as_written(
            "cast(json_merge_patch(built_json, list_reduce(received_resources, lambda newer, older: cast(json_merge_patch(older, newer) as varchar)), "
            ~ "'{\"deceasedBoolean\":null,\"deceasedDateTime\":null}', "
            ~ fhir_object({
                'id': fhir_token('patient_id'), 'meta': fhir_object({'source': fhir_meta_source()}), 'gender': fhir_token('sex'),
                'birthDate': fhir_on('birth_date', 'birth_date_precision'),
                'deceasedDateTime': fhir_at('deceased_at', 'deceased_at_precision'),
                'deceasedBoolean': "case when deceased_at is null then " ~ fhir_boolean('is_deceased') ~ " end",
            })
            ~ ", coalesce(" ~ _fhir_lists_of_all(keys) ~ ", '{}')) as varchar)"
        ) }}
    end
{%- endmacro %}

{#
    Every list of the resources together, each element once and where it stood first; then what else the golden record
    knows. Lists of one bind what the lambdas within read, or it would be extracted anew for each element.
#}
{% macro _fhir_lists_of_all(keys) -%}
    {%- set members = {} -%}
    {%- for name, key in keys.items() -%}
        {%- set received -%}
            flatten(list_transform(received_resources, lambda one: cast(json_extract(one, '$.{{ name }}[*]') as varchar[])))
        {%- endset -%}
        {%- set distinct_in_order = 'list_filter(every, lambda one, place: list_position(every, one) = place)' -%}
        {%- set golden -%}
            list_transform(
                [list_transform(every, lambda other: upper(json_extract_string(other, '{{ key }}')))],
                lambda known: list_filter(
                    cast(json_extract(built_json, '$.{{ name }}[*]') as varchar[]),
                    lambda own: not list_contains(known, upper(json_extract_string(own, '{{ key }}')))
                )
            )[1]
        {%- endset -%}
        {%- do members.update({name:
            "list_transform([" ~ received ~ "], lambda every: "
            ~ fhir_list(distinct_in_order ~ (' || ' ~ golden if key else '')) ~ ")[1]"
        }) -%}
    {%- endfor -%}
    {{ fhir_object(members) }}
{%- endmacro %}

{# A reference, and the display that follows it, at the start of a text that was cut after `"reference":"`. #}
{% macro fhir_reference_pattern() -%}
    '^((?:[^"\\]|\\.)*)(?:","display":"((?:[^"\\]|\\.)*)")?'
{%- endmacro %}

{#
    Which silver row each FHIR resource became: for every type with rows of its own, the model (or a query) that has
    `source_record_id`, and the id of what it became.
#}
{% macro fhir_targets() -%}
    {{ return({
        'Patient': none,
        'Practitioner': ['int_practitioner__fhir', practitioner_id('practitioner_key')],
        'Organization': ['int_organization__fhir', organization_id('organization_key')],
        'Location': ['int_location__fhir', location_id('location_key')],
        'Encounter': ['int_encounter_versions', 'encounter_id'],
        'Condition': ['int_condition_versions', uuid_v5('Condition', "'key'", 'match_key')],
        'AllergyIntolerance': ['int_allergy_intolerance_versions', uuid_v5('AllergyIntolerance', "'key'", 'match_key')],
        'Observation': ['int_observation_versions_fhir', 'observation_id'],
        'DiagnosticReport': ['int_diagnostic_report_versions', 'diagnostic_report_id'],
        'Procedure': ['int_procedure_versions', uuid_v5('Procedure', "'key'", 'match_key')],
        'Immunization': ['int_immunization_versions', uuid_v5('Immunization', "'key'", 'match_key')],
        'MedicationRequest': ['int_medication_request_versions', 'medication_request_id'],
        'MedicationDispense': ['int_medication_dispense__fhir', uuid_v5(
            'MedicationDispense', "'key'", "concat_ws(chr(31), 'source', source_system, source_key)")],
        'ServiceRequest': ['int_service_request_versions', 'service_request_id'],
        'Specimen': ['int_specimen_versions', 'specimen_id'],
        'RelatedPerson': ['int_related_person__fhir', uuid_v5(
            'RelatedPerson', "'key'", "concat_ws(chr(31), 'source', source_system, source_key)")],
        'DocumentReference': ['int_document_reference__fhir', uuid_v5('DocumentReference', "'key'",
            "case when document_number is not null then concat_ws(chr(31), 'document', "
            ~ namespace_key('document_namespace') ~ ", document_number) else concat_ws(chr(31), 'source', source_system, source_key) end")],
        'DeviceRequest': ['int_device_request__fhir', uuid_v5(
            'DeviceRequest', "'key'", "concat_ws(chr(31), 'source', source_system, source_key)")],
        'Task': ['int_task__fhir', uuid_v5('Task', "'key'", "concat_ws(chr(31), 'source', source_system, source_key)")],
        'AdverseEvent': ['int_adverse_event__fhir', uuid_v5(
            'AdverseEvent', "'key'", "concat_ws(chr(31), 'source', source_system, source_key)")],
        'Appointment': ['int_appointment__fhir', uuid_v5(
            'Appointment', "'key'", "concat_ws(chr(31), source_system, coalesce(appointment_number, source_key))")],
        'Medication': ['int_medication__fhir', uuid_v5('Medication', "'key'", "concat_ws(chr(31), 'source', source_system, source_key)")],
        'MedicationAdministration': ['int_medication_administration__fhir', uuid_v5(
            'MedicationAdministration', "'key'", "concat_ws(chr(31), 'source', source_system, source_key)")],
        'PractitionerRole': ['int_practitioner_role__fhir', uuid_v5(
            'PractitionerRole', "'key'", "concat_ws(chr(31), 'source', source_system, source_key)")],
        'Device': ['int_device__fhir', uuid_v5('Device', "'key'", "concat_ws(chr(31), 'source', source_system, source_key)")],
        'Account': ["(" ~ int_with_patient('account', ['fhir']) ~ ")", uuid_v5('Account', "'key'",
            "case when account_number is not null then concat_ws(chr(31), 'account', " ~ person_scope()
            ~ ", account_number) else concat_ws(chr(31), 'source', source_system, source_key) end")],
        'Coverage': ['int_coverage__fhir', uuid_v5('Coverage', 'source_system', 'span_key')],
        'Claim': ['int_claim__fhir', uuid_v5('Claim', 'source_system', 'claim_key')],
        'ExplanationOfBenefit': ['int_explanation_of_benefit__fhir', uuid_v5(
            'ExplanationOfBenefit', 'source_system', 'decision_key')],
    }) }}
{%- endmacro %}
