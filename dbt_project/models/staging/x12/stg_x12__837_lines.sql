with segments as (
    {{ x12_segments() }}
    where transaction_type = '837' and line_index is not null
),

lines as (
    select
        record_key,
        claim_index,
        line_index,
        any_value(component_separator) as component_separator,
        {{ x12_first(x12_element(1), "segment_id = 'LX'") }} as assigned_number,
        {{ x12_first('segment_id', "segment_id in ('SV1', 'SV2', 'SV3', 'SV5')") }} as service_segment_id,
        {{ x12_first_elements("segment_id in ('SV1', 'SV2', 'SV3', 'SV5')") }} as service,
        {{ x12_date_text('472') }} as service_dates,
        {{ x12_reference('6R') }} as line_control_number,
        {{ x12_first(x12_element(3), "segment_id = 'LIN' and elements[3] = 'N4'") }} as ndc,
        {{ x12_quantity(x12_first(x12_element(4), "segment_id = 'CTP'")) }} as drug_quantity,
        {{ x12_first(x12_element(5), "segment_id = 'CTP'") }} as drug_unit,
        {{ x12_first(x12_element(9), "segment_id = 'NM1' and elements[2] = '82' and elements[9] = 'XX'") }}
            as rendering_npi
    from segments
    group by record_key, claim_index, line_index
),

transactions as (
    {{ x12_origins() }}
),

-- SV1 professional, SV2 institutional, SV3 dental, SV5 durable medical equipment: the same facts in other places.
services as (
    select
        *,
        case service_segment_id when 'SV2' then {{ x12_element(1, 'service') }} end as revenue_code,
        case service_segment_id when 'SV2' then {{ x12_element(2, 'service') }} else {{ x12_element(1, 'service') }} end
            as procedure_composite,
        case service_segment_id
            when 'SV2' then {{ x12_element(3, 'service') }}
            when 'SV5' then coalesce({{ x12_element(5, 'service') }}, {{ x12_element(4, 'service') }})
            else {{ x12_element(2, 'service') }}
        end as charge,
        case service_segment_id
            when 'SV1' then {{ x12_element(3, 'service') }}
            when 'SV2' then {{ x12_element(4, 'service') }}
            when 'SV5' then {{ x12_element(2, 'service') }}
        end as unit_code,
        case service_segment_id
            when 'SV1' then {{ x12_element(4, 'service') }}
            when 'SV2' then {{ x12_element(5, 'service') }}
            when 'SV3' then {{ x12_element(6, 'service') }}
            when 'SV5' then {{ x12_element(3, 'service') }}
        end as quantity,
        case service_segment_id
            when 'SV1' then {{ x12_element(5, 'service') }} when 'SV3' then {{ x12_element(3, 'service') }}
        end as place_of_service_code,
        case service_segment_id when 'SV1' then {{ x12_element(7, 'service') }} end as diagnosis_pointers
    from lines
)

select
    {{ x12_provenance() }},
    claim_index,
    line_index,
    row_number() over (partition by services.record_key, claim_index order by line_index) as line_number,
    try_cast(assigned_number as integer) as assigned_number,
    line_control_number,
    service_segment_id,
    revenue_code,
    -- Product or service qualifier (235): HC is HCPCS, AD dental, ER jurisdiction, IV home infusion, WK abstract.
    {{ x12_component('procedure_composite', 1) }} as procedure_qualifier,
    {{ x12_component('procedure_composite', 2) }} as procedure_code,
    list_filter([
        {{ x12_component('procedure_composite', 3) }},
        {{ x12_component('procedure_composite', 4) }},
        {{ x12_component('procedure_composite', 5) }},
        {{ x12_component('procedure_composite', 6) }}
    ], lambda modifier: modifier is not null) as modifiers,
    {{ x12_component('procedure_composite', 7) }} as procedure_description,
    {{ x12_decimal('charge') }} as charge,
    unit_code,
    {{ x12_quantity('quantity') }} as quantity,
    place_of_service_code,
    list_filter(
        list_transform(
            string_split(diagnosis_pointers, component_separator),
            lambda pointer: try_cast(pointer as integer)
        ),
        lambda pointer: pointer is not null
    ) as diagnosis_pointers,
    {{ x12_period_start('service_dates') }} as service_start_date,
    {{ x12_period_end('service_dates') }} as service_end_date,
    ndc,
    drug_quantity,
    {{ x12_component('drug_unit', 1) }} as drug_unit_code,
    rendering_npi
from services
inner join transactions
    on services.record_key = transactions.record_key
where service is not null
