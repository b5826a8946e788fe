with segments as (
    {{ x12_segments() }}
    where transaction_type = '837' and segment_id = 'HI' and claim_index is not null
),

composites as (
    select
        * exclude (elements),
        unnest(elements[2:]) as composite,
        generate_subscripts(elements[2:], 1) as position_in_segment
    from segments
),

transactions as (
    {{ x12_origins() }}
),

parsed as (
    select
        *,
        {{ x12_component('composite', 1) }} as qualifier,
        {{ x12_component('composite', 3) }} as date_qualifier,
        {{ x12_component('composite', 4) }} as date_text
    from composites
    where composite != ''
)

-- C022, health care code information: 1 qualifier, 2 code, 3 and 4 date, 5 amount, 6 quantity, 9 present on admission.
select
    {{ x12_provenance() }},
    claim_index,
    row_number() over (
        partition by parsed.record_key, claim_index order by segment_index, position_in_segment
    ) as code_sequence,
    qualifier,
    -- The guides' qualifiers (1270): A… is ICD-10, the plain one ICD-9.
    case
        when qualifier in ('ABK', 'ABF', 'ABJ', 'APR', 'ABN', 'BK', 'BF', 'BJ', 'PR', 'BN', 'ZZ') then 'diagnosis'
        when qualifier in ('BBR', 'BBQ', 'BR', 'BQ', 'BP', 'BO', 'CAH') then 'procedure'
        when qualifier = 'BH' then 'occurrence'
        when qualifier = 'BI' then 'occurrence span'
        when qualifier = 'BE' then 'value'
        when qualifier = 'BG' then 'condition'
        when qualifier in ('DR') then 'diagnosis related group'
        when qualifier = 'TC' then 'treatment'
        else 'other'
    end as code_kind,
    case
        when qualifier in ('ABK', 'ABF', 'ABJ', 'APR', 'ABN') then 'http://hl7.org/fhir/sid/icd-10-cm'
        when qualifier in ('BK', 'BF', 'BJ', 'PR', 'BN', 'ZZ') then 'http://hl7.org/fhir/sid/icd-9-cm'
        when qualifier in ('BBR', 'BBQ') then 'http://www.cms.gov/Medicare/Coding/ICD10'
        when qualifier in ('BR', 'BQ') then 'http://hl7.org/fhir/sid/icd-9-cm'
        when qualifier in ('BP', 'BO') then 'http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets'
    end as code_system,
    {{ x12_component('composite', 2) }} as received_code,
    -- 837 sends ICD codes without their point (TR3, HI): it stands before the fourth character, in E codes of
    -- ICD-9 before the fifth.
    case
        when
            qualifier in ('ABK', 'ABF', 'ABJ', 'APR', 'ABN', 'BK', 'BF', 'BJ', 'PR', 'BN', 'ZZ')
            and length({{ x12_component('composite', 2) }}) > 3
            and not contains({{ x12_component('composite', 2) }}, '.')
            then
                case
                    when qualifier not like 'A%' and left({{ x12_component('composite', 2) }}, 1) = 'E'
                        then concat_ws(
                            '.',
                            left({{ x12_component('composite', 2) }}, 4),
                            nullif(substr({{ x12_component('composite', 2) }}, 5), '')
                        )
                    else
                        left({{ x12_component('composite', 2) }}, 3)
                        || '.'
                        || substr({{ x12_component('composite', 2) }}, 4)
                end
        else {{ x12_component('composite', 2) }}
    end as code,
    {{ x12_period_start('date_text') }} as code_start_date,
    {{ x12_period_end('date_text') }} as code_end_date,
    {{ x12_decimal(x12_component('composite', 5)) }} as amount,
    {{ x12_quantity(x12_component('composite', 6)) }} as quantity,
    {{ x12_component('composite', 9) }} as present_on_admission_code
from parsed
inner join transactions
    on parsed.record_key = transactions.record_key
where qualifier is not null
