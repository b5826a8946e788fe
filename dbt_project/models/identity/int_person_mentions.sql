{{ config(materialized='view') }}

-- A mention without its own number cannot be found again; it is counted where it came from. A view, for nearly all of
-- it is read once only.
with hl7v2 as (
    select * from {{ ref('int_person_mentions__hl7v2') }}
),

x12 as (
    select * from {{ ref('int_person_mentions__x12') }}
),

fhir as (
    select * from {{ ref('int_person_mentions__fhir') }}
),

csv as (
    select * from {{ ref('int_person_mentions__csv') }}
),

mentions as (
    select * from hl7v2
    union all by name
    select * from x12
    union all by name
    select * from fhir
    union all by name
    select * from csv
)

select
    {{ mention_columns().keys() | join(',\n    ') }}
from mentions
where id_value is not null and id_authority is not null
