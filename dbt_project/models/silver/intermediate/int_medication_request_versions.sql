-- Every word on an order: the order number of the person, else the pharmacy's prescription number, else
-- the source's own key.
with sources as (
    {{ int_with_patient('medication_request', ['hl7v2', 'fhir']) }}
),

coded as (
    select
        sources.*,
        {{ canonical_coding('sources.codings', ['http://www.nlm.nih.gov/research/umls/rxnorm']) }} as own_coding
    from sources
    {{ join_code_map('sources') }}
),

keyed as (
    select
        *,
        case
            when order_number is not null
                then concat_ws(chr(31), 'order', {{ person_scope() }}, order_number)
            when rx_number is not null then concat_ws(chr(31), 'prescription', source_system, rx_number)
            else concat_ws(chr(31), 'source', source_system, source_key)
        end as match_key,
        case when status is null then 1 else 0 end as lead_order
    from coded
),

made as (
    select distinct match_key from keyed
    where not coalesce(is_transaction, false)
)

select
    * exclude (local_system, local_code, source_key, feed),
    {{ uuid_v5('MedicationRequest', "'key'", 'match_key') }} as medication_request_id
from keyed
where not coalesce(is_transaction, false) or match_key in (select made.match_key from made)
