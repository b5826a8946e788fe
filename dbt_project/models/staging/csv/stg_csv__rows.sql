{{ config(materialized='view') }}

-- A window on every row, for exploring. Nothing is copied: the typed models read bronze themselves.
with rows as (
    {{ csv_rows_of('source') }}
)

select * from rows
where
    file_sha256 in (
        select manifest.file_sha256 from {{ source('bronze', 'manifest') }} as manifest
        where manifest.format = 'csv'
    )
