-- What a terminology steward works through: codes of sources that lead to no public code, words without a code, and
-- codes that the release in use does not have, or has as a header that no claim may bear. The most frequent first.
with records as (
    select
        *,
        row_number() over (
            order by resource, source_system, code_system, code, code_display, codings
        ) as record_key
    from {{ ref('int_coded_records') }}
),

code_systems as (
    select * from {{ ref('code_systems') }}
),

concepts as (
    select * from {{ ref('code_system_concept') }}
),

-- Only a release can say that a code is none; our own words are no list of all codes.
listed_systems as (
    select distinct code_system
    from concepts
    where is_current and not is_shipped
),

known as (
    select distinct
        code_system,
        {{ comparable_code('code') }} as comparable_code
    from concepts
),

-- A category of ICD-10-CM is not valid for a claim where it is divided further (Official Guidelines, I.B.2).
headers as (
    select
        code_system,
        {{ comparable_code('code') }} as comparable_code
    from concepts
    where is_current and not is_shipped and code_system = 'http://hl7.org/fhir/sid/icd-10-cm'
    group by code_system, comparable_code
    having not bool_or(is_selectable)
),

judged as (
    select
        records.*,
        headers.code_system is not null as is_header,
        coalesce(
            code_systems.is_standard,
            regexp_matches(records.code_system, '^https?://(terminology\.hl7\.org|hl7\.org/fhir)/'),
            false
        ) as is_standard,
        listed_systems.code_system is not null and known.code_system is null as is_unknown
    from records
    left join code_systems on records.code_system = code_systems.code_system
    left join listed_systems on records.code_system = listed_systems.code_system
    left join known
        on records.code_system = known.code_system and {{ comparable_code('records.code') }} = known.comparable_code
    left join headers
        on records.code_system = headers.code_system and {{ comparable_code('records.code') }} = headers.comparable_code
),

-- Every coding of a record that has no public code is work; of a code that is unknown, the code itself.
opened as (
    select
        judged.* exclude (codings, code_system, code, code_display),
        unnest(
            case
                when is_standard and (is_unknown or is_header)
                    then [struct_pack("system" := code_system, code := code, display := code_display)]
                when len(list_filter(codings, lambda coding: coding.code is not null)) > 0
                    then list_filter(codings, lambda coding: coding.code is not null)
                else [struct_pack("system" := null::varchar, code := code, display := code_display)]
            end
        ) as coding
    from judged
    where not is_standard or code is null or is_unknown or is_header
),

counted as (
    select
        source_system,
        resource,
        coding."system" as code_system,
        coding.code,
        case
            when coding.code is null then 'text_only'
            when bool_and(is_standard) and bool_and(is_header) then 'not_billable'
            when bool_and(is_standard) then 'unknown_code'
            else 'no_map'
        end as reason,
        -- Words are the code where there is none.
        case when coding.code is null then trim(coding.display) end as words,
        arg_max(trim(coding.display), record_count) as code_display,
        sum(record_count)::bigint as record_count,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from opened
    where coding.code is not null or trim(coding.display) <> ''
    group by source_system, resource, coding."system", coding.code, words
),

united as (
    select * exclude (words) from counted
    union all by name
    select * from {{ ref('int_unmapped_units') }}
),

totals as (
    select sum(record_count) as record_count from {{ ref('int_coded_records') }}
)

select
    concat_ws(
        '|', united.source_system, united.resource, coalesce(united.code_system, ''),
        coalesce(united.code, 'words:' || md5(united.code_display))
    ) as unmapped_code_id,
    row_number() over (
        order by
            united.record_count desc, united.source_system asc, united.resource asc, united.code_system asc,
            united.code asc, united.code_display asc
    ) as priority,
    united.source_system,
    united.resource,
    united.code_system,
    code_systems.name as code_system_name,
    united.code,
    united.code_display,
    united.reason,
    united.record_count,
    united.record_count / totals.record_count as share_of_records,
    {{ local_date('united.first_seen_at') }} as first_seen_date,
    {{ local_date('united.last_seen_at') }} as last_seen_date
from united
cross join totals
left join code_systems on united.code_system = code_systems.code_system
