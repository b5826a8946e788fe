{{ config(materialized='incremental', incremental_strategy='append') }}

-- Who sent a payload is told by its members, never by the name of its file. The first vendor that fits is it; `kind` is
-- the first of its members that is present.
{%- set kinds = {
    'ihealth': [
        'BPDataList', 'BGDataList', 'WeightDataList', 'BODataList', 'ARDataList', 'SRDataList', 'SPORTDataList', 'SportDataList',
        'HRDataList', 'TDataList',
    ],
    'googlefit': ['point', 'bucket', 'Data Points', 'session'],
    'garmin': [
        'heartRateValues', 'respirationValuesArray', 'stressValuesArray', 'bodyBatteryValuesArray', 'floorValuesArray',
        'floorsValueDescriptorDTOList', 'dailySleepDTO', 'hrvSummary', 'hrvReadings', 'measurementSummaries', 'valueInML',
        'allMetrics', 'dateWeightList', 'spO2HourlyAverages', 'averageSpO2', 'dailies', 'epochs', 'bodyComps', 'stressDetails',
        'userMetrics', 'pulseox', 'allDayRespiration', 'startTimeInSeconds', 'measurementTimeInSeconds', 'startTimeGMT',
        'startGMT', 'totalSteps', 'userDailySummaryId',
    ],
    'moves': ['segments', 'caloriesIdle'],
    'withings': ['body'],
    'apple': ['HKType', 'type', 'metrics', 'workouts'],
    'jawbone': ['data'],
    'runkeeper': ['items'],
    'misfit': ['sessions', 'sleeps', 'summary'],
    'fitbit': [
        'activities', 'sleep', 'weight', 'fat', 'br', 'hrv', 'tempSkin', 'tempCore', 'cardioScore', 'spo2', 'minutes',
        'dateTime',
    ],
} %}
{%- set first_of -%}
    list_filter([{% for listed in kinds.values() %}{% for kind in listed %}'{{ kind }}'{{ ', ' if not loop.last }}{% endfor %}{{ ', ' if not loop.last }}{% endfor %}], lambda x: list_contains(members, x))
{%- endset %}
with records as (
    select * from {{ new_bronze_records('json') }}
    -- Open mHealth says what it is, and landing keeps it.
    where record_type is null
),

feeds as (
    select * from {{ ref('stg_ingest__feeds') }}
),

documents as (
    select
        * exclude (record_text),
        try_cast(record_text as json) as document
    from records
),

-- A record may be a list of payloads ([[{…}], [{…}]]).
listed as (
    select
        * exclude (document),
        unnest(case when json_type(document) = 'ARRAY' then json_extract(document, '$[*]') else [document] end) as document,
        generate_subscripts(case when json_type(document) = 'ARRAY' then json_extract(document, '$[*]') else [document] end, 1)
            as payload_number
    from documents
),

known as (
    select
        *,
        json_keys(document) as members
    from listed
    where json_type(document) = 'OBJECT'
),

recognised as (
    select
        *,
        case
            when list_has_any(members, ['effective_time_frame', 'header', 'resourceType']) then null
            when list_has_any(members, {{ kinds['ihealth'] }}) then 'ihealth'
            when
                list_has_any(members, ['Data Points', 'bucket', 'session'])
                or list_contains(members, 'dataSourceId')
                or json_exists(document, '$.point[0].dataTypeName')
                then 'googlefit'
            when
                list_has_any(members, {{ kinds['garmin'] }})
                or json_exists(document, '$.sleeps[0].startTimeInSeconds')
                or json_exists(document, '$.activities[0].startTimeInSeconds')
                then 'garmin'
            when list_has_any(members, {{ kinds['moves'] }}) then 'moves'
            when list_has_all(members, ['status', 'body']) then 'withings'
            when
                list_has_any(members, ['date', 'Date', 'datetime'])
                and len(list_filter(members, lambda x: regexp_full_match(x, '.+ \(.+\)'))) > 0
                then 'withings'
            when
                starts_with(document ->> '$.type', 'HK') or json_exists(document, '$.data.metrics')
                or json_exists(document, '$.data.workouts')
                then 'apple'
            when list_contains(members, 'data') and json_exists(document, '$.data.items') then 'jawbone'
            when list_has_all(members, ['items', 'size']) then 'runkeeper'
            when
                list_has_any(members, ['sessions', 'sleeps']) or json_type(document, '$.summary') = 'ARRAY'
                then 'misfit'
            when
                len(list_filter(members, lambda x: regexp_matches(x, '^(activities|body|sleep|foods)-'))) > 0
                or list_has_any(members, ['br', 'hrv', 'tempSkin', 'tempCore', 'cardioScore', 'spo2'])
                or list_has_any(members, ['activities', 'weight', 'fat', 'sleep'])
                and 'ARRAY' in (
                    json_type(document, '$.activities'), json_type(document, '$.weight'), json_type(document, '$.fat'),
                    json_type(document, '$.sleep')
                )
                or list_contains(members, 'dateTime') and list_has_any(members, ['value', 'minutes'])
                or list_has_all(members, ['logId', 'startTime', 'duration'])
                then 'fitbit'
        end as vendor
    from known
),

final as (
    select
        recognised.source_system,
        recognised.feed,
        recognised.file_sha256,
        recognised.record_index,
        recognised.file_sha256 || ':' || recognised.record_index as source_record_id,
        recognised.payload_number,
        recognised.received_at,
        recognised.file_name,
        coalesce(feeds.time_zone, 'UTC') as time_zone,
        recognised.vendor,
        concat_ws(' ', recognised.vendor, coalesce(
            split_part(recognised.document ->> '$.dataSourceId', ':', 2),
            case recognised.vendor
                when 'withings'
                    then coalesce(
                        list_filter(
                            ['measuregrps', 'activities', 'series'], lambda x: list_contains(json_keys(recognised.document, '$.body'), x)
                        )[1],
                        'export'
                    )
                when 'jawbone' then coalesce(recognised.document ->> '$.data.items[0].type', 'items')
                when 'apple' then (recognised.document ->> '$.type')
                when 'fitbit'
                    then list_sort(list_filter(recognised.members, lambda x: regexp_matches(x, '^(activities|body|sleep|foods)-')))[1]
            end,
            {{ first_of | replace('members', 'recognised.members') }}[1]
        )) as kind,
        -- Jawbone and Garmin Health name the account; for the others the caller knows it (stg_wearables__vendor_files).
        coalesce(
            (recognised.document ->> '$.meta.user_xid'),
            case when json_exists(recognised.document, '$.summaryId') then (recognised.document ->> '$.userId') end
        ) as payload_user_id,
        recognised.document
    from recognised
    left join feeds
        on recognised.source_system = feeds.source_system and recognised.feed = feeds.feed
    where recognised.vendor is not null
)

select * from final
