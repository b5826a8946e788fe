with segments as (
    {{ x12_segments() }}
    where transaction_type = '835'
),

transactions as (
    select * from {{ ref('stg_x12__transactions') }}
    where transaction_type = '835'
),

parties as (
    select * from {{ ref('stg_x12__parties') }}
    where transaction_type = '835'
),

claims as (
    select
        record_key,
        claim_index,
        {{ x12_first_elements("segment_id = 'CLP'") }} as clp,
        {{ x12_date_text('232', 'DTM', 'line_index is null') }} as statement_start,
        {{ x12_date_text('233', 'DTM', 'line_index is null') }} as statement_end,
        {{ x12_date_text('050', 'DTM', 'line_index is null') }} as payer_received_date,
        -- A case works dates out where there are any, a filter for every segment.
        min(case
            when segment_id = 'DTM' and line_index is not null and elements[2] in ('472', '150') then {{ x12_date(x12_element(2)) }}
        end) as first_service_date,
        max(case
            when segment_id = 'DTM' and line_index is not null and elements[2] in ('472', '151') then {{ x12_date(x12_element(2)) }}
        end) as last_service_date,
        {{ x12_reference('EA', 'line_index is null') }} as medical_record_number,
        {{ x12_reference('F8', 'line_index is null') }} as original_reference,
        {{ x12_amount('AU', 'line_index is null') }} as coverage_amount,
        {{ x12_amount('I', 'line_index is null') }} as interest_amount,
        -- MOA03 to MOA07 and MIA05, MIA20 to MIA23: remark codes of the whole claim.
        list_distinct(flatten(list(
            case segment_id when 'MOA' then elements[4:8] else elements[6:6] || elements[21:24] end
        ) filter (where segment_id in ('MOA', 'MIA')))) as remark_codes,
        count(*) filter (where segment_id = 'SVC') as line_count
    from segments
    where claim_index is not null and segment_id in ('CLP', 'CLM', 'DTM', 'REF', 'AMT', 'MOA', 'MIA', 'SVC')
    group by record_key, claim_index
),

claim_parties as (
    select
        record_key,
        claim_index,
        arg_min(id_value, party_index) filter (where entity_code = 'QC') as patient_member_id,
        arg_min(last_or_organization_name, party_index) filter (where entity_code = 'QC') as patient_last_name,
        arg_min(first_name, party_index) filter (where entity_code = 'QC') as patient_first_name,
        arg_min(id_value, party_index) filter (where entity_code = 'IL') as subscriber_member_id,
        arg_min(id_value, party_index) filter (where entity_code = '74') as corrected_member_id,
        arg_min(id_value, party_index) filter (where entity_code = '82' and id_qualifier = 'XX') as rendering_npi,
        arg_min(last_or_organization_name, party_index) filter (where entity_code = 'TT') as crossover_payer_name
    from parties
    where claim_index is not null
    group by all
),

header_parties as (
    select
        record_key,
        arg_min(last_or_organization_name, party_index) filter (where entity_code = 'PR') as payer_name,
        arg_min(
            coalesce(
                id_value,
                list_filter(identifiers, lambda identifier: identifier.qualifier in ('2U', 'NF', 'EO', 'HI'))[1].value
            ),
            party_index
        ) filter (where entity_code = 'PR') as payer_id,
        arg_min(last_or_organization_name, party_index) filter (where entity_code = 'PE') as payee_name,
        arg_min(id_value, party_index) filter (where entity_code = 'PE') as payee_id,
        arg_min(id_value, party_index) filter (where entity_code = 'PE' and id_qualifier = 'XX') as payee_npi
    from parties
    where claim_index is null
    group by all
)

select
    {{ x12_provenance() }},
    transactions.message_at,
    claims.claim_index,
    {{ x12_element(1, 'claims.clp') }} as claim_number,
    -- CLP02: 1, 2, 3 processed as primary, secondary, tertiary; 4 denied; 19 to 21 the same, forwarded;
    -- 22 reversal of a previous payment; 23 not our claim, forwarded; 25 predetermination.
    {{ x12_element(2, 'claims.clp') }} as claim_status_code,
    {{ x12_element(2, 'claims.clp') }} = '22' as is_reversal,
    {{ x12_decimal(x12_element(3, 'claims.clp')) }} as total_charge,
    {{ x12_decimal(x12_element(4, 'claims.clp')) }} as total_paid,
    {{ x12_decimal(x12_element(5, 'claims.clp')) }} as patient_responsibility,
    {{ x12_element(6, 'claims.clp') }} as claim_filing_code,
    {{ x12_element(7, 'claims.clp') }} as payer_claim_number,
    {{ x12_element(8, 'claims.clp') }} as facility_type_code,
    {{ x12_element(9, 'claims.clp') }} as frequency_code,
    {{ x12_element(11, 'claims.clp') }} as diagnosis_related_group,
    coalesce({{ x12_date('claims.statement_start') }}, claims.first_service_date) as service_start_date,
    coalesce({{ x12_date('claims.statement_end') }}, claims.last_service_date) as service_end_date,
    {{ x12_date('claims.payer_received_date') }} as payer_received_date,
    claims.medical_record_number,
    claims.original_reference,
    claims.coverage_amount,
    claims.interest_amount,
    list_filter(claims.remark_codes, lambda code: code != '') as remark_codes, -- noqa: RF02
    claims.line_count,
    claim_parties.patient_member_id,
    claim_parties.patient_last_name,
    claim_parties.patient_first_name,
    claim_parties.subscriber_member_id,
    claim_parties.corrected_member_id,
    claim_parties.rendering_npi,
    claim_parties.crossover_payer_name,
    header_parties.payer_name,
    header_parties.payer_id,
    header_parties.payee_name,
    header_parties.payee_id,
    header_parties.payee_npi,
    transactions.payment_date,
    transactions.production_date,
    transactions.payment_amount as transaction_payment_amount,
    transactions.payment_method_code,
    transactions.payment_trace_number
from claims
inner join transactions
    on claims.record_key = transactions.record_key
left join claim_parties
    on
        claims.record_key = claim_parties.record_key
        and claims.claim_index = claim_parties.claim_index
left join header_parties
    on claims.record_key = header_parties.record_key
