{{ config(materialized='view') }}
-- noqa: disable=RF01, RF02, AM04, AM07
-- The linter takes a lambda's parameter and what follows `exclude` for tables' columns.
-- Spans of coverage out of 834 enrolment: what was said last about a span counts, in whatever order the files
-- arrived. A span is a person's, of one payer, insurance line (HD03), plan (HD04) and first day (DTP*348).
with members as (
    select * from {{ ref('stg_x12__834_members') }}
    where member_id is not null
),

coverages as (
    select * from {{ ref('stg_x12__834_coverages') }}
),

claims as (
    select * from {{ ref('int_claim_versions__x12') }}
),

statements as (
    select
        members.source_system,
        members.feed,
        members.source_record_id,
        members.received_at,
        coalesce(members.message_at, members.received_at) as recorded_at,
        {{ record_order('members', 0) }} + coalesce(coverages.coverage_index, members.member_index) as record_order,
        coalesce(members.payer_id, 'X12:' || members.feed) as id_authority,
        {{ x12_person_key(
            'members.member_id', '(members.is_subscriber or members.own_member_id is not null)',
            'members.birth_date_text', 'members.first_name'
        ) }} as id_value,
        members.member_id,
        members.subscriber_number,
        members.payer_name,
        members.payer_id as payer_identifier,
        members.sponsor_name,
        members.group_number,
        members.relationship_code,
        coverages.insurance_line_code,
        coverages.plan_description,
        coverages.coverage_level_code,
        -- HD01 speaks of the coverage, INS03 of the member.
        coalesce(coverages.maintenance_type_code, members.maintenance_type_code) as maintenance_type_code,
        coalesce(coverages.benefit_begin_date, members.eligibility_begin_date) as begin_date,
        case
            when coalesce(coverages.maintenance_type_code, members.maintenance_type_code) = '024'
                then
                    coalesce(
                        coverages.benefit_end_date, members.eligibility_end_date,
                        coverages.maintenance_effective_date, members.maintenance_effective_date,
                        members.message_at::date
                    )
            else coalesce(coverages.benefit_end_date, members.eligibility_end_date)
        end as end_date
    from members
    left join coverages
        on
            members.source_record_id = coverages.source_record_id
            and members.member_index = coverages.member_index
    where coverages.coverage_index is not null or members.maintenance_type_code in ('024', '002')
),

spans_said as (
    select
        *,
        concat_ws(
            '|', source_system, id_authority, id_value, coalesce(insurance_line_code, ''),
            coalesce(plan_description, ''), coalesce(begin_date::varchar, '')
        ) as span_key
    from statements
    where begin_date is not null and insurance_line_code is not null
),

spans as (
    select
        *,
        list_sort(list_distinct(list(source_record_id) over (partition by span_key))) as source_record_ids
    from spans_said
    qualify
        row_number() over (
            partition by span_key order by {{ newest_first() }}
        ) = 1
),

-- A termination that does not say when the coverage began ends the span that was running: of its insurance line,
-- or all where the member as a whole is terminated.
endings as (
    select * from statements
    where (begin_date is null or insurance_line_code is null) and end_date is not null
),

ended as (
    select
        spans.span_key,
        arg_max(endings.end_date, {{ word_order('endings') }}) as end_date,
        arg_max(endings.maintenance_type_code, {{ word_order('endings') }})
            as maintenance_type_code,
        max(endings.recorded_at) as recorded_at,
        list_sort(list_distinct(list(endings.source_record_id))) as source_record_ids
    from spans
    inner join endings
        on
            spans.source_system = endings.source_system
            and spans.id_authority = endings.id_authority
            and spans.id_value = endings.id_value
    where
        (endings.insurance_line_code is null or endings.insurance_line_code = spans.insurance_line_code)
        and (endings.plan_description is null or endings.plan_description = spans.plan_description)
        and {{ word_order('endings') }} > {{ word_order('spans') }}
        and endings.end_date >= spans.begin_date
        and (spans.end_date is null or spans.end_date > endings.end_date)
    group by spans.span_key
),

-- A termination of a coverage whose beginning never reached us is still known to have ended.
unmatched_endings as (
    select
        endings.*,
        concat_ws(
            '|', endings.source_system, endings.id_authority, endings.id_value,
            coalesce(endings.insurance_line_code, ''), coalesce(endings.plan_description, ''), ''
        ) as span_key,
        [endings.source_record_id] as source_record_ids
    from endings
    anti join spans
        on
            endings.source_system = spans.source_system
            and endings.id_authority = spans.id_authority
            and endings.id_value = spans.id_value
    qualify
        row_number() over (
            partition by span_key
            order by {{ newest_first('endings') }}
        ) = 1
),

enrolled as (
    select
        spans.* exclude (end_date, maintenance_type_code, source_record_ids, recorded_at),
        coalesce(ended.end_date, spans.end_date) as end_date,
        coalesce(ended.maintenance_type_code, spans.maintenance_type_code) as maintenance_type_code,
        coalesce(ended.recorded_at, spans.recorded_at) as recorded_at,
        list_sort(list_distinct(list_concat(spans.source_record_ids, coalesce(ended.source_record_ids, []))))
            as source_record_ids
    from spans
    left join ended on spans.span_key = ended.span_key
    union all by name
    select * from unmatched_endings
),

-- People whom claims show to be insured though no enrolment file names them (837, 2000B SBR).
claimed as (
    select distinct on (claims.source_system, claims.id_authority, claims.id_value)
        claims.source_system,
        claims.feed,
        claims.source_record_id,
        claims.received_at,
        claims.recorded_at,
        claims.id_authority,
        claims.id_value,
        concat_ws('|', claims.source_system, claims.id_authority, claims.id_value, 'claims') as span_key,
        claims.patient_member_id as member_id,
        claims.subscriber_member_id as subscriber_number,
        claims.payer_name,
        claims.payer_id as payer_identifier,
        claims.group_number,
        claims.relationship_code,
        claims.claim_filing_code as insurance_line_code,
        claims.group_name as plan_description,
        [claims.source_record_id] as source_record_ids
    from claims
    anti join enrolled
        on
            claims.source_system = enrolled.source_system
            and claims.id_authority = enrolled.id_authority
            and claims.id_value = enrolled.id_value
    where claims.id_value is not null
    order by
        claims.source_system asc, claims.id_authority asc, claims.id_value asc, {{ newest_first('claims') }}
)

select
    *,
    'enrolment' as evidence
from enrolled
union all by name
select
    *,
    'claim' as evidence
from claimed
