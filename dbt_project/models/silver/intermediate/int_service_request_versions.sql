-- noqa: disable=LT02
-- Every word on an order with its key: the placer's number under its authority (else within the person), which
-- the filler's number leads to where a message names both; without a number, the source's own key. Some senders
-- give all services of one message the same number: there the service belongs to the key.
with sources as (
    {{ int_with_patient('service_request', ['hl7v2', 'fhir']) }}
),

coded as (
    select
        sources.*,
        {{ canonical_coding('sources.codings', ['http://loinc.org', 'http://snomed.info/sct']) }} as canonical
    from sources
    {{ join_code_map('sources') }}
),

numbered as (
    select
        * replace ({{ with_canonical('canonical', 'codings') }} as codings),
        canonical."system" as code_system,
        canonical.code as code,
        canonical.display as code_display,
        case
            when placer_order_number is not null
                then concat_ws(chr(31), 'placer', coalesce({{ namespace_key('placer_namespace') }}, {{ person_scope() }}), placer_order_number)
        end as placer_key,
        case
            when filler_order_number is not null
                then concat_ws(chr(31), 'filler', coalesce({{ namespace_key('filler_namespace') }}, {{ person_scope() }}), filler_order_number)
        end as filler_key
    from {{ displayed('coded') }} as coded
),

placers as (
    select
        filler_key,
        min(placer_key) as placer_key
    from numbered
    where filler_key is not null and placer_key is not null
    group by filler_key
),

keyed as (
    select
        numbered.* exclude (placer_key, filler_key),
        coalesce(
            numbered.placer_key,
            placers.placer_key,
            numbered.filler_key,
            concat_ws(chr(31), 'source', numbered.source_system, numbered.source_key)
        ) as order_key
    from numbered
    left join placers on numbered.filler_key = placers.filler_key
),

services_of_messages as (
    select
        order_key,
        count(distinct coalesce(code, code_display, '')) as services
    from keyed
    where not is_mention
    group by order_key, source_record_id
),

shared_numbers as (
    select distinct order_key
    from services_of_messages
    where services > 1
),

services as (
    select
        keyed.*,
        keyed.order_key || case
            when shared_numbers.order_key is not null then chr(31) || coalesce(keyed.code, keyed.code_display, '')
            else ''
        end as base_key
    from keyed
    left join shared_numbers on keyed.order_key = shared_numbers.order_key
    where not keyed.is_mention or shared_numbers.order_key is null
),

described as (
    select distinct
        order_key,
        base_key
    from services
    where not is_mention
),

-- A word on the number alone is word of every service ordered under it.
mentions as (
    select
        keyed.*,
        described.base_key
    from keyed
    inner join shared_numbers on keyed.order_key = shared_numbers.order_key
    inner join described on keyed.order_key = described.order_key
    where keyed.is_mention
),

placed as not materialized (
    select * from services
    union all by name
    select * from mentions
),

-- A mention of what nobody ordered is no order.
ordered as not materialized (
    select
        * exclude (canonical),
        0 as lead_order
    from placed
    where not is_mention or base_key in (select described.base_key from described)
),

keyed_facts as (
    {{ with_fact_key('ordered') }}
)

select
    * exclude (base_key, order_key, source_key, feed, local_system, local_code),
    {{ uuid_v5('ServiceRequest', "'key'", 'match_key') }} as service_request_id
from keyed_facts
