{{ config(materialized='view') }}
-- Three tables, as the references of FHIR wait for the words of FHIR only, and the others take longest.
{% for words in ['fhir', 'hl7v2', 'measured'] %}
select * from {{ ref('int_observation_versions__' ~ words) }}
{{ 'union all by name' if not loop.last }}
{%- endfor %}
