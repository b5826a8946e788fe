-- noqa: disable=LT01, LT02, LT05, LT09
-- How a drug is to be taken, as members of FHIR's Dosage, for each RXE, RXO and RXD, by HL7's Version 2 to FHIR (TQ1, RXO,
-- RXR of MedicationRequest). TQ1 says how often and how long, before 2.5 RXE-1 and ORC-7 (a TQ).
-- Steps are kept apart (`materialized`), or the planner writes each into the next many times over.
{%- set doses = ['give_minimum', 'give_maximum', 'give_unit', 'give_unit_display', 'give_unit_system', 'rate', 'rate_unit', 'rate_unit_display', 'rate_unit_system', 'daily_dose', 'daily_dose_unit'] %}
{%- set words = ['route_code', 'route_display', 'route_system', 'route_alternate_code', 'route_alternate_display', 'route_alternate_system', 'site_code', 'site_display', 'site_system', 'site_alternate_code', 'site_alternate_display', 'site_alternate_system', 'method'] %}
{%- set timing = ['timing_quantity', 'timing_quantity_unit', 'timing_pattern', 'timing_duration', 'timing_start_at', 'timing_start_at_precision', 'timing_end_at', 'timing_end_at_precision', 'timing_priority', 'timing_text'] %}
with encoded as (
    select * from {{ ref('stg_hl7v2__rxe') }}
),

orders as (
    select * from {{ ref('stg_hl7v2__orc') }}
),

timings as (
    select
        file_sha256,
        record_index,
        orc_index,
        any_value({'code': repeat_pattern, 'display': repeat_pattern_display} order by segment_index)
            filter (where coalesce(repeat_pattern, repeat_pattern_display) is not null) as pattern,
        any_value({'at': start_at, 'precision': start_at_precision} order by segment_index) filter (where start_at is not null)
            as starting,
        any_value({'at': end_at, 'precision': end_at_precision} order by segment_index) filter (where end_at is not null) as ending,
        any_value(service_duration order by segment_index) as duration,
        any_value(service_duration_unit order by segment_index) as duration_unit,
        any_value(total_occurrences order by segment_index) as occurrences,
        any_value(priority order by segment_index) as priority,
        any_value(condition_text order by segment_index) as condition_text,
        any_value(text_instruction order by segment_index) as text_instruction
    from {{ ref('stg_hl7v2__tq1') }}
    group by file_sha256, record_index, orc_index
),

segments as (
    select source_system, file_sha256, record_index, segment_index, orc_index, {{ doses | join(', ') }}, {{ timing | join(', ') }}
    from encoded
    union all by name
    select source_system, file_sha256, record_index, segment_index, orc_index, {{ doses | join(', ') }}
    from {{ ref('stg_hl7v2__rxo') }}
    union all by name
    -- A fill is taken as the order that it fills says.
    select
        dispensed.source_system, dispensed.file_sha256, dispensed.record_index, dispensed.segment_index, dispensed.orc_index,
        {%- for column in doses + timing %}
        encoded.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('stg_hl7v2__rxd') }} as dispensed
    {{ hl7_join_segment('encoded', 'encoded', 'dispensed.rxe_index', relation='dispensed') }}
    union all by name
    -- A service may be wanted more than once, too.
    select
        obr.source_system, obr.file_sha256, obr.record_index, obr.segment_index, obr.orc_index,
        obr.timing_pattern, obr.timing_duration, obr.timing_start_at, obr.timing_start_at_precision, obr.timing_end_at,
        obr.timing_end_at_precision
    from {{ ref('stg_hl7v2__obr') }} as obr
    {{ hl7_join_segment('orders', 'orders', 'obr.orc_index', relation='obr') }}
    {{ hl7_join_segment('timings', 'timings', 'obr.orc_index', relation='obr', column='orc_index') }}
    where
        coalesce(timings.pattern.code, timings.pattern.display, obr.timing_pattern, orders.timing_pattern) is not null
        or coalesce(timings.ending.at, obr.timing_end_at, orders.timing_end_at) is not null
    union all by name
    -- An ORC alone may say when what it stops began.
    select source_system, file_sha256, record_index, segment_index, segment_index as orc_index
    from {{ ref('stg_hl7v2__orc') }}
    where order_control in ('CA', 'OC', 'CR', 'DC', 'OD', 'DR', 'HD', 'OH', 'HR', 'RL', 'OE', 'OR', 'DE')
),

-- Of several RXR of an order the first. Few words of route and site are said again and again: each is coded once.
routes as materialized (
    select
        source_system, file_sha256, record_index, greatest(rxo_index, rxe_index, rxd_index) as owner_index, segment_index,
        { {%- for column in words %}'{{ column }}': {{ column }}{{ ', ' if not loop.last }}{% endfor -%} } as words
    from {{ ref('stg_hl7v2__rxr') }}
    where greatest(rxo_index, rxe_index, rxd_index) is not null
),

first_routes as (
    select file_sha256, record_index, owner_index, arg_min(words, segment_index) as words
    from routes
    group by file_sha256, record_index, owner_index
),

codings as (
    select
        source_system, words,
        {{ hl7_codings('words.route', 'source_system') }} as route_codings,
        {{ hl7_codings('words.site', 'source_system') }} as site_codings,
        {{ hl7_value_codings('words.method', 'source_system') }} as method_codings
    from (select distinct source_system, words from routes) as said
),

concepts as (
    select
        source_system, words,
        {{ fhir_concept_of('site_codings', 'coalesce(site_codings[1].display, site_codings[1].code)') }} as site,
        {{ fhir_concept_of('route_codings', 'coalesce(route_codings[1].display, route_codings[1].code)') }} as route,
        {{ fhir_concept_of('method_codings', 'method_codings[1].display') }} as method
    from codings
),

unit_systems as (
    select
        source_system, unit_system,
        {{ coding_system('source_system', 'unit_system') }} as uri
    from (
        select source_system, unnest([give_unit_system, rate_unit_system]) as unit_system from encoded
        union
        select source_system, unnest([give_unit_system, rate_unit_system]) as unit_system from {{ ref('stg_hl7v2__rxo') }}
    ) as said
),

timed as materialized (
    select
        segments.source_system,
        segments.file_sha256,
        segments.record_index,
        segments.segment_index,
        {%- for column in doses %}
        segments.{{ column }},
        {%- endfor %}
        give_systems.uri as give_unit_uri, rate_systems.uri as rate_unit_uri,
        concepts.site, concepts.route, concepts.method,
        coalesce(timings.pattern.code, segments.timing_pattern, orders.timing_pattern) as pattern,
        coalesce(timings.pattern.display, timings.pattern.code, segments.timing_pattern, orders.timing_pattern) as pattern_text,
        coalesce(
            timings.starting,
            case when segments.timing_start_at is not null then {'at': segments.timing_start_at, 'precision': segments.timing_start_at_precision} end,
            case when orders.timing_start_at is not null then {'at': orders.timing_start_at, 'precision': orders.timing_start_at_precision} end
        ) as starting,
        coalesce(
            timings.ending,
            case when segments.timing_end_at is not null then {'at': segments.timing_end_at, 'precision': segments.timing_end_at_precision} end,
            case when orders.timing_end_at is not null then {'at': orders.timing_end_at, 'precision': orders.timing_end_at_precision} end
        ) as ending,
        coalesce(timings.duration, segments.timing_duration, orders.timing_duration) as duration,
        timings.duration_unit,
        timings.occurrences,
        coalesce(timings.priority, segments.timing_priority, orders.timing_priority) as priority,
        timings.condition_text,
        coalesce(timings.text_instruction, segments.timing_text, orders.timing_text) as text_instruction
    from segments
    {{ hl7_join_segment('orders', 'orders', 'segments.orc_index') }}
    {{ hl7_join_segment('timings', 'timings', 'segments.orc_index', column='orc_index') }}
    {{ hl7_join_segment('first_routes', 'routes', 'segments.segment_index', column='owner_index') }}
    left join concepts on segments.source_system = concepts.source_system and routes.words = concepts.words
    left join unit_systems as give_systems
        on segments.source_system = give_systems.source_system and segments.give_unit_system = give_systems.unit_system
    left join unit_systems as rate_systems
        on segments.source_system = rate_systems.source_system and segments.rate_unit_system = rate_systems.unit_system
),

-- `D10` of a TQ, `10` and `d` of a TQ1, `X3` three times; `Q6H` each six hours, `BID` twice a day (table 0335).
measured as materialized (
    select
        *,
        case when starting.at > ending.at then null else ending end as until,
        try_cast(regexp_extract(duration, '^[SMHDWL]?([0-9]+([.][0-9]+)?)$', 1) as double) as length,
        coalesce(
            {{ hl7_time_unit('duration_unit') }}, {{ hl7_time_unit("nullif(regexp_extract(duration, '^([SMHDWL])[0-9]', 1), '')") }}
        ) as length_unit,
        coalesce(occurrences, try_cast(regexp_extract(duration, '^X([0-9]+)$', 1) as integer)) as times,
        nullif(regexp_replace(upper(pattern), '^PRN ?', ''), '') as how_often,
        regexp_extract(upper(pattern), 'Q([0-9]+)[SMHDWL]$', 1) as each_period,
        {{ hl7_time_unit("nullif(regexp_extract(upper(pattern), 'Q[0-9]+([SMHDWL])$', 1), '')") }} as each_unit
    from timed
),

paced as materialized (
    select
        *,
        case
            when try_cast(each_period as integer) > 0 then {'frequency': 1, 'period': try_cast(each_period as integer), 'unit': each_unit}
            when how_often in ('QD', 'DAILY', 'QAM', 'QPM', 'QHS', 'HS', 'AM', 'PM', 'BED') then {'frequency': 1, 'period': 1, 'unit': 'd'}
            when how_often = 'QOD' then {'frequency': 1, 'period': 2, 'unit': 'd'}
            when how_often in ('QW', 'WK') then {'frequency': 1, 'period': 1, 'unit': 'wk'}
            when how_often = 'MO' then {'frequency': 1, 'period': 1, 'unit': 'mo'}
            when how_often = 'BID' then {'frequency': 2, 'period': 1, 'unit': 'd'}
            when how_often = 'TID' then {'frequency': 3, 'period': 1, 'unit': 'd'}
            when how_often = 'QID' then {'frequency': 4, 'period': 1, 'unit': 'd'}
            when regexp_full_match(how_often, '[1-9]ID')
                then {'frequency': cast(left(how_often, 1) as integer), 'period': 1, 'unit': 'd'}
        end as pace
    from measured
),

built as materialized (
    select
        *,
        {{ fhir_object({
            'boundsPeriod': fhir_period('starting."at"', 'until."at"', 'starting."precision"', 'until."precision"'),
            'boundsDuration': "case when starting is null and ending is null and length > 0 and length_unit is not null then "
                ~ fhir_object({
                    'value': fhir_number('length'), 'unit': fhir_token('length_unit'),
                    'system': fhir_constant('http://unitsofmeasure.org'), 'code': fhir_token('length_unit'),
                }) ~ " end",
            'count': "case when times > 0 then " ~ fhir_integer('times') ~ " when how_often = 'ONCE' then '1' end",
            'frequency': fhir_integer('pace.frequency'),
            'period': fhir_integer('pace.period'),
            'periodUnit': fhir_token('pace.unit'),
        }) }} as repeated,
        {{ hl7_coded_quantity('give_minimum', 'give_unit', 'give_unit_display', 'give_unit_uri') }} as low,
        {{ hl7_coded_quantity('give_maximum', 'give_unit', 'give_unit_display', 'give_unit_uri') }} as high
    from paced
),

timed_anew as materialized (
    select
        *,
        {{ fhir_object({
                'repeat': 'repeated',
                'code': "case when pattern is not null then " ~ fhir_object({
                    'coding': "case when how_often in ('BID', 'TID', 'QID', 'AM', 'PM', 'QD', 'QOD', 'Q1H', 'Q2H', 'Q3H', 'Q4H', 'Q6H', 'Q8H', 'BED', 'WK', 'MO') then "
                        ~ fhir_array([fhir_coding("'http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation'", 'how_often')]) ~ " end",
                    'text': fhir_string('pattern_text'),
                }) ~ " end",
            }) }} as timing
    from built
),

final as (
    select
        file_sha256,
        record_index,
        segment_index,
        starting."at" as start_at,
        starting."precision" as start_at_precision,
        case when coalesce(length_unit, 'd') = 'd' then try_cast(length as integer) end as days_supply,
        priority,
        text_instruction,
        -- More than a moment: how often, or from when until when.
        case when how_often not in ('ONCE', '1', 'STAT', 'NOW') then timing end as repeated_timing,
        case when starting is not null and until is not null then starting end as period_start,
        case when starting is not null then until end as period_end,
        nullif(concat_ws(
            ',',
            '"additionalInstruction":' || {{ fhir_array([fhir_object({'text': fhir_string('condition_text')})]) }},
            '"timing":' || timing,
            '"asNeededBoolean":' || case when upper(pattern) like 'PRN%' then 'true' end,
            '"site":' || site,
            '"route":' || route,
            '"method":' || method,
            '"doseAndRate":' || {{ fhir_array([fhir_object({
                'doseRange': "case when give_maximum != give_minimum then " ~ fhir_object({'low': 'low', 'high': 'high'}) ~ " end",
                'doseQuantity': "case when (give_maximum = give_minimum) is not false then coalesce(low, high) end",
                'rateQuantity': hl7_coded_quantity('rate', 'rate_unit', 'rate_unit_display', 'rate_unit_uri'),
            })]) }},
            '"maxDosePerPeriod":' || case when daily_dose > 0 then {{ fhir_object({
                'numerator': fhir_quantity('daily_dose', 'daily_dose_unit'),
                'denominator': fhir_object({
                    'value': "'1'", 'unit': fhir_constant('day'), 'system': fhir_constant('http://unitsofmeasure.org'), 'code': fhir_constant('d'),
                }),
            }) }} end
        ), '') as dosage
    from timed_anew
)

select * from final
