{{ config(materialized='view') }}
-- Three tables, as the references of FHIR wait for the words of FHIR only, and the others take longest.
select * from {{ ref('int_observation_versions_fhir') }}
union all by name
select * from {{ ref('int_observation_versions_hl7v2') }}
union all by name
select * from {{ ref('int_observation_versions_measured') }}
