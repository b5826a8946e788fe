with segments as not materialized (
    {{ x12_segments() }}
    where transaction_type = '837'
),

claims as (
    select
        record_key,
        claim_index,
        any_value(billing_index) as billing_index,
        any_value(subscriber_index) as subscriber_index,
        any_value(patient_index) as patient_index,
        any_value(component_separator) as component_separator,
        {{ x12_first_elements("segment_id = 'CLM'") }} as clm,
        {{ x12_first_elements("segment_id = 'CL1'") }} as cl1,
        {{ x12_reference('F8', 'line_index is null and other_subscriber_index is null') }} as original_reference,
        {{ x12_reference('D9', 'line_index is null and other_subscriber_index is null') }} as clearinghouse_number,
        {{ x12_reference('EA', 'line_index is null and other_subscriber_index is null') }} as medical_record_number,
        {{ x12_reference('G1', 'line_index is null and other_subscriber_index is null') }} as prior_authorization,
        {{ x12_reference('9F', 'line_index is null and other_subscriber_index is null') }} as referral_number,
        {{ x12_date_text('434', condition='line_index is null') }} as statement_dates,
        {{ x12_date_text('435', condition='line_index is null') }} as admission_date,
        {{ x12_date_text('096', condition='line_index is null') }} as discharge_hour,
        {{ x12_date_text('431', condition='line_index is null') }} as onset_date,
        {{ x12_amount('F5', 'line_index is null and other_subscriber_index is null') }} as patient_paid,
        -- A case works dates out where there are any, a filter for every segment.
        min(case when segment_id = 'DTP' and elements[2] = '472' then {{ x12_period_start(x12_element(3)) }} end)
            as first_service_date,
        max(case when segment_id = 'DTP' and elements[2] = '472' then {{ x12_period_end(x12_element(3)) }} end)
            as last_service_date,
        count(*) filter (where segment_id in ('SV1', 'SV2', 'SV3', 'SV5')) as line_count,
        max(segment_id) filter (where segment_id in ('SV1', 'SV2', 'SV3')) as service_segment_id
    from segments
    where claim_index is not null and segment_id in ('CLM', 'CL1', 'REF', 'DTP', 'AMT', 'SV1', 'SV2', 'SV3', 'SV5')
    group by record_key, claim_index
),

-- 2000B and 2000C: who is insured how, and how the patient is related to the subscriber.
levels as (
    select
        record_key,
        level_index,
        {{ x12_first_elements("segment_id = 'SBR'") }} as sbr,
        {{ x12_first_elements("segment_id = 'PAT'") }} as pat
    from segments
    where claim_index is null and segment_id in ('SBR', 'PAT')
    group by all
),

transactions as (
    select * from {{ ref('stg_x12__transactions') }}
    where transaction_type = '837'
),

parties as (
    select * from {{ ref('stg_x12__parties') }}
    where transaction_type = '837'
),

level_parties as (
    select distinct on (record_key, level_index, entity_code)
        record_key,
        level_index,
        entity_code,
        party_index,
        last_or_organization_name,
        first_name,
        birth_date_text,
        id_qualifier,
        id_value
    from parties
    where claim_index is null and entity_code in ('85', 'IL', 'PR', 'QC')
    order by record_key, level_index, entity_code, party_index
),

claim_parties as (
    select
        record_key,
        claim_index,
        arg_min(id_value, party_index) filter (where entity_code = '82' and id_qualifier = 'XX') as rendering_npi,
        arg_min(last_or_organization_name, party_index) filter (where entity_code = '82') as rendering_name,
        arg_min(id_value, party_index) filter (where entity_code = '71' and id_qualifier = 'XX') as attending_npi,
        arg_min(id_value, party_index) filter (where entity_code = '72' and id_qualifier = 'XX') as operating_npi,
        arg_min(id_value, party_index) filter (where entity_code in ('DN', 'P3') and id_qualifier = 'XX')
            as referring_npi,
        arg_min(id_value, party_index) filter (where entity_code in ('77', 'FA') and id_qualifier = 'XX')
            as facility_npi,
        arg_min(last_or_organization_name, party_index) filter (where entity_code in ('77', 'FA')) as facility_name
    from parties
    where loop_id = '2310'
    group by all
)

select
    {{ x12_provenance() }},
    transactions.message_at,
    claims.claim_index,
    claims.billing_index,
    claims.subscriber_index,
    claims.patient_index,
    {{ x12_element(1, 'claims.clm') }} as claim_number,
    coalesce(
        transactions.claim_type,
        case claims.service_segment_id
            when 'SV1' then 'professional' when 'SV2' then 'institutional' when 'SV3' then 'dental'
        end
    ) as claim_type,
    {{ x12_decimal(x12_element(2, 'claims.clm')) }} as total_charge,
    {{ x12_component(x12_element(5, 'claims.clm'), 1, 'claims.component_separator') }} as facility_type_code,
    {{ x12_component(x12_element(5, 'claims.clm'), 2, 'claims.component_separator') }} as facility_code_qualifier,
    {{ x12_component(x12_element(5, 'claims.clm'), 3, 'claims.component_separator') }} as frequency_code,
    {{ x12_element(7, 'claims.clm') }} as assignment_code,
    {{ x12_element(1, 'claims.cl1') }} as admission_type_code,
    {{ x12_element(2, 'claims.cl1') }} as admission_source_code,
    {{ x12_element(3, 'claims.cl1') }} as patient_status_code,
    claims.original_reference,
    claims.clearinghouse_number,
    claims.medical_record_number,
    claims.prior_authorization,
    claims.referral_number,
    coalesce({{ x12_period_start('claims.statement_dates') }}, claims.first_service_date) as service_start_date,
    coalesce({{ x12_period_end('claims.statement_dates') }}, claims.last_service_date) as service_end_date,
    {{ x12_date('claims.admission_date') }} as admission_date,
    claims.discharge_hour,
    {{ x12_date('claims.onset_date') }} as onset_date,
    claims.patient_paid,
    claims.line_count,
    {{ x12_element(1, 'subscriber_level.sbr') }} as payer_responsibility_code,
    {{ x12_element(3, 'subscriber_level.sbr') }} as group_number,
    {{ x12_element(4, 'subscriber_level.sbr') }} as group_name,
    {{ x12_element(9, 'subscriber_level.sbr') }} as claim_filing_code,
    -- Individual relationship code (1069): PAT01 of the dependant, else SBR02, 18 being the subscriber himself.
    coalesce(
        {{ x12_element(1, 'patient_level.pat') }},
        {{ x12_element(2, 'subscriber_level.sbr') }}
    ) as relationship_code,
    claims.patient_index is null as is_subscriber_patient,
    payer.last_or_organization_name as payer_name,
    payer.id_value as payer_id,
    subscriber.id_value as subscriber_member_id,
    subscriber.party_index as subscriber_party_index,
    coalesce(patient.id_value, subscriber.id_value) as patient_member_id,
    coalesce(patient.party_index, subscriber.party_index) as patient_party_index,
    case
        when claims.patient_index is null then subscriber.last_or_organization_name else
            patient.last_or_organization_name
    end
        as patient_last_name,
    case when claims.patient_index is null then subscriber.first_name else patient.first_name end as patient_first_name,
    case when claims.patient_index is null then subscriber.birth_date_text else patient.birth_date_text end
        as patient_birth_date_text,
    case when billing.id_qualifier = 'XX' then billing.id_value end as billing_npi,
    billing.id_value as billing_id,
    billing.last_or_organization_name as billing_name,
    claim_parties.rendering_npi,
    claim_parties.rendering_name,
    claim_parties.attending_npi,
    claim_parties.operating_npi,
    claim_parties.referring_npi,
    claim_parties.facility_npi,
    claim_parties.facility_name
from claims
inner join transactions
    on claims.record_key = transactions.record_key
left join levels as subscriber_level
    on
        claims.record_key = subscriber_level.record_key
        and claims.subscriber_index = subscriber_level.level_index
left join levels as patient_level
    on
        claims.record_key = patient_level.record_key
        and coalesce(claims.patient_index, claims.subscriber_index) = patient_level.level_index
left join level_parties as billing
    on
        claims.record_key = billing.record_key
        and claims.billing_index = billing.level_index
        and billing.entity_code = '85'
left join level_parties as subscriber
    on
        claims.record_key = subscriber.record_key
        and claims.subscriber_index = subscriber.level_index
        and subscriber.entity_code = 'IL'
left join level_parties as payer
    on
        claims.record_key = payer.record_key
        and claims.subscriber_index = payer.level_index
        and payer.entity_code = 'PR'
left join level_parties as patient
    on
        claims.record_key = patient.record_key
        and claims.patient_index = patient.level_index
        and patient.entity_code = 'QC'
left join claim_parties
    on
        claims.record_key = claim_parties.record_key
        and claims.claim_index = claim_parties.claim_index
