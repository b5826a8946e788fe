{{ config(materialized='view') }}

-- Which person a PID names: the first of PID-3 that is a record number (not a social security or
-- member number, an account …), else any number given. The same choice as identity's mentions.
with segments as (
    select * from {{ ref('stg_hl7v2__pid') }}
),

numbers as (
    select
        *,
        list_filter(coalesce(patient_ids, []), lambda number: number.value is not null) as own_numbers,
        list_filter(
            list_concat(coalesce(patient_ids, []), coalesce(external_ids, []), coalesce(alternate_ids, [])),
            lambda number: number.value is not null
        ) as all_numbers
    from segments
),

chosen as (
    select
        *,
        coalesce(
            list_filter(
                own_numbers,
                lambda number: coalesce(number.type, '') not in (
                    'SS', 'MI', 'MB', 'AN', 'DL', 'MA', 'MC', 'NIIP', 'VN', 'PPN', 'TAX', 'NI'
                )
            )[1],
            all_numbers[1]
        ) as own_number
    from numbers
),

final as (
    select
        source_system,
        file_sha256,
        record_index,
        segment_index as pid_index,
        coalesce(own_number.authority, upper(source_system)) as id_authority,
        own_number.value as id_value,
        account_number,
        coalesce(message_at, received_at) as said_at
    from chosen
)

select * from final
