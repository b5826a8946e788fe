-- Who orders for which organization (ORC-12 and ORC-21: requester as PractitionerRole in HL7's Version 2 to FHIR).
with orders as (
    select
        *,
        {{ hl7_practitioner_key('ordering_providers[1]', 'source_system') }} as practitioner_key,
        {{ organization_key('null', 'source_system', 'facility_id', 'facility_name') }} as organization_key
    from {{ ref('stg_hl7v2__orc') }}
    where ordering_providers is not null and coalesce(facility_id, facility_name) is not null
),

final as (
    select
        orders.source_system,
        orders.feed,
        orders.source_record_id,
        orders.received_at,
        coalesce(orders.message_at, orders.received_at) as recorded_at,
        {{ record_order('orders', 'segment_index') }} as record_order,
        concat_ws('|', orders.practitioner_key, orders.organization_key) as source_key,
        orders.practitioner_key,
        orders.organization_key,
        {{ hl7_person_telecoms('orders.facility_phones') }} as telecoms
    from orders
    where orders.practitioner_key is not null
    qualify
        row_number() over (
            partition by orders.source_system, orders.practitioner_key, orders.organization_key
            order by {{ newest_first('orders', place='segment_index') }}
        ) = 1
)

{{ int_select('practitioner_role', 'final', absent=['is_active', 'codings', 'specialty_codings']) }}
