{#
    What every column of silver and gold is under the HIPAA Privacy Rule, read from the columns' `config.meta.phi`.

    Source: 45 CFR 164.514(b)(2)(i), the identifiers (A) to (R); models/docs/phi.md says what each tag means.
#}

{% macro hipaa_classes() -%}
    {{ return({
        'name': 'A', 'geographic': 'B', 'date': 'C', 'phone': 'D', 'fax': 'E', 'email': 'F', 'ssn': 'G',
        'medical_record_number': 'H', 'health_plan_number': 'I', 'account_number': 'J', 'license_number': 'K', 'vehicle_id': 'L',
        'device_id': 'M', 'url': 'N', 'ip_address': 'O', 'biometric': 'P', 'photo': 'Q', 'unique_id': 'R',
    }) }}
{%- endmacro %}

{# The models of silver and gold that others may read, by name: what the catalogue is about. #}
{% macro offered_models() -%}
    {%- set found = [] -%}
    {%- for node in graph.nodes.values() | sort(attribute='name') -%}
        {%- if node.resource_type == 'model' and node.access == 'public' -%}
            {%- do found.append(node) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{# The names of all models that a model is made of, however far back. #}
{% macro models_behind(node) -%}
    {%- set seen = {} -%}
    {%- set queue = [node] -%}
    {%- for step in range(400) if queue -%}
        {%- for parent in queue.pop().depends_on.nodes if parent in graph.nodes and parent not in seen -%}
            {%- do seen.update({parent: graph.nodes[parent].name}) -%}
            {%- do queue.append(graph.nodes[parent]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(seen.values() | list) }}
{%- endmacro %}

{# What a text of an identifier looks like, by the tag it should have. Patterns hold for a whole value. #}
{% macro identifier_patterns() -%}
    {{ return({
        'ssn': '[0-9]{3}-[0-9]{2}-[0-9]{4}',
        'email': '[^@ ]+@[^@ ]+[.][A-Za-z]{2,}',
        'phone': '([+]?1[ .-]?)?([(][0-9]{3}[)] ?|[0-9]{3}[ .-])[0-9]{3}[ .-][0-9]{4}',
        'geographic': '[0-9]{1,6} +[A-Za-z0-9.]+( +[A-Za-z0-9.]+)* +(St|Street|Ave|Avenue|Rd|Road|Blvd|Boulevard|Ln|Lane|Dr|Drive|Ct|Court|Way|Pl|Place|Pkwy|Hwy)[.]?',
    }) }}
{%- endmacro %}
