{#-
  What the intermediate models of FHIR sources share: the keys behind references, joined by
  (source_system, feed, id), for a staging relation named `resources`.
-#}

{% macro fhir_keys_ctes(staging, keys) %}
resources as (
    select * from {{ ref(staging) }}
),
{% for key in keys %}
{{ key }}s as (
    select * from {{ ref('int_fhir_' ~ key ~ '_keys') }}
),
{% endfor %}
{% endmacro %}

{% macro fhir_key_joins(columns) %}
from resources
{%- for key, column in columns.items() %}
left join {{ key }}s
    on
        resources.source_system = {{ key }}s.source_system
        and resources.feed = {{ key }}s.feed
        and resources.{{ column }} = {{ key }}s.fhir_id
{%- endfor %}
{% endmacro %}

{% macro fhir_int_provenance() -%}
    resources.source_system,
    resources.feed,
    resources.source_record_id,
    resources.received_at,
    resources.message_at as recorded_at,
    {{ record_order('resources') }} as record_order
{%- endmacro %}

{#- The person of a reference; one that points outside the feed keeps the id it points to. -#}
{% macro fhir_int_person(column='patient_fhir_id') -%}
    coalesce(patients.id_authority, 'FHIR:' || resources.feed) as id_authority,
    coalesce(patients.id_value, resources.{{ column }}) as id_value
{%- endmacro %}

{% macro fhir_int_visit() -%}
    coalesce(encounters.visit_number, resources.encounter_fhir_id) as visit_number,
    case
        when resources.encounter_fhir_id is not null
            then coalesce(encounters.visit_namespace, 'FHIR:' || resources.feed)
    end as visit_namespace
{%- endmacro %}

{#- A practitioner by the NPI that the reference carries, else by what it points to. -#}
{% macro fhir_int_practitioner(npi='practitioner_npi', id='practitioner_fhir_id') -%}
    coalesce(
        'npi|' || resources.{{ npi }},
        practitioners.practitioner_key,
        {{ practitioner_key('null', 'resources.source_system', "'FHIR'", 'resources.' ~ id) }}
    ) as practitioner_key
{%- endmacro %}

{% macro fhir_int_codings() -%}
    {{ fhir_local_coding('resources.codings') }}.system as local_system,
    {{ fhir_local_coding('resources.codings') }}.code as local_code,
    {{ fhir_silver_codings('resources.codings', 'resources.code_display') }} as codings
{%- endmacro %}

{#- The source's own key: the first business identifier, else the id of the resource in its feed. -#}
{% macro fhir_int_source_key() -%}
    coalesce(
        list_transform(
            list_filter(resources.identifiers, lambda one: one.value is not null),
            lambda one: coalesce(one.system, '') || '|' || one.value
        )[1],
        resources.feed || '|' || resources.fhir_id,
        resources.source_record_id
    ) as source_key
{%- endmacro %}

{#- The namespace of an accession number: `urn:id:<lab>:accession` is the laboratory <LAB>'s own. -#}
{% macro fhir_filler_namespace(system) -%}
    coalesce(upper(nullif(regexp_extract({{ system }}, '^urn:id:([^:]+):accession$', 1), '')), {{ system }})
{%- endmacro %}

{#- A status that FHIR R4 knows for the resource, else what claims least: unknown where the value set has it,
    entered-in-error where it has not, so that nobody counts a fact whose status nobody can read. -#}
{% macro fhir_status(resource_type, column) -%}
    {%- set statuses = {
        'Appointment': ['proposed', 'pending', 'booked', 'arrived', 'fulfilled', 'cancelled', 'noshow', 'checked-in', 'waitlist'],
        'Claim': ['active', 'cancelled', 'draft'],
        'Coverage': ['active', 'cancelled', 'draft'],
        'DiagnosticReport': ['registered', 'partial', 'preliminary', 'final', 'amended', 'corrected', 'appended', 'cancelled', 'unknown'],
        'Encounter': ['planned', 'arrived', 'triaged', 'in-progress', 'onleave', 'finished', 'cancelled', 'unknown'],
        'ExplanationOfBenefit': ['active', 'cancelled', 'draft'],
        'Immunization': ['completed', 'not-done'],
        'MedicationDispense': ['preparation', 'in-progress', 'cancelled', 'on-hold', 'completed', 'stopped', 'declined', 'unknown'],
        'MedicationRequest': ['active', 'on-hold', 'cancelled', 'completed', 'stopped', 'draft', 'unknown'],
        'Observation': ['registered', 'preliminary', 'final', 'amended', 'corrected', 'cancelled', 'unknown'],
        'DocumentReference': ['current', 'superseded'],
        'MedicationAdministration': ['in-progress', 'not-done', 'on-hold', 'completed', 'stopped', 'unknown'],
        'DeviceRequest': ['draft', 'active', 'on-hold', 'revoked', 'completed', 'unknown'],
        'ServiceRequest': ['draft', 'active', 'on-hold', 'revoked', 'completed', 'unknown'],
        'Task': ['draft', 'requested', 'received', 'accepted', 'rejected', 'ready', 'cancelled', 'in-progress', 'on-hold', 'failed', 'completed'],
        'Procedure': ['preparation', 'in-progress', 'not-done', 'on-hold', 'stopped', 'completed', 'unknown'],
    }[resource_type] -%}
    case
        when {{ column }} in ('entered-in-error', '{{ statuses | join("', '") }}') then {{ column }}
        else '{{ 'unknown' if 'unknown' in statuses else 'entered-in-error' }}'
    end
{%- endmacro %}

{#- A code of a required or closed value set, else null: what nobody can read claims nothing. -#}
{% macro fhir_known(column, codes) -%}
    case when {{ column }} in ('{{ codes | join("', '") }}') then {{ column }} end
{%- endmacro %}
