{{ config(materialized='view') }}

-- Which person a PID names.
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
        {{ hl7_own_number('own_numbers', 'all_numbers') }} as own_number
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
