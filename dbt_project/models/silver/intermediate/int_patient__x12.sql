{{ config(materialized='view') }}
{{ patients_of_mentions('x12') }}
