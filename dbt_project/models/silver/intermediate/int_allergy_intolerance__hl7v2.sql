{{ config(materialized='view') }}
-- AL1 and IAM to AllergyIntolerance: AL1-2 type (table 0127), AL1-3 substance, AL1-4 severity (0128),
-- AL1-5 reaction, AL1-6 / IAM-11 onset, IAM-6 action, IAM-17 status (0438).
with segments as (
    select * from {{ ref('stg_hl7v2__al1') }}
),

final as (
    select
        segments.source_system,
        segments.feed,
        segments.source_record_id,
        segments.received_at,
        coalesce(segments.message_at, segments.received_at) as recorded_at,
        segments.record_index * 1000000 + segments.segment_index as record_order,
        persons.id_authority,
        persons.id_value,
        {{ hl7_local_system('allergen') }} as local_system,
        {{ hl7_local_code('allergen') }} as local_code,
        {{ hl7_codings('allergen', 'segments.source_system') }} as codings,
        segments.source_record_id || ':' || segments.segment_index as source_key,
        -- MC, a miscellaneous contraindication, is none.
        case when upper(segments.allergen_type) = 'MC' then 'intolerance' else 'allergy' end as type,
        case upper(segments.allergen_type)
            when 'DA' then 'medication'
            when 'DRUG' then 'medication'
            when 'MEDICATION' then 'medication'
            when 'FA' then 'food'
            when 'FOOD' then 'food'
            when 'ENVIRONMENTAL' then 'environment'
            when 'ENVIRONMENT' then 'environment'
            when 'EA' then 'environment'
            when 'LA' then 'environment'
            when 'PA' then 'environment'
            when 'AA' then 'environment'
        end as category,
        case segments.severity
            when 'SV' then 'high'
            when 'MO' then 'low'
            when 'MI' then 'low'
            when 'U' then 'unable-to-assess'
        end as criticality,
        case
            when segments.action_code = 'D' then null
            when segments.clinical_status_code in ('I', 'D') then 'inactive'
            when segments.clinical_status_code in ('E') then null
            else 'active'
        end as clinical_status,
        case
            when segments.action_code = 'D' or segments.clinical_status_code = 'E' then 'entered-in-error'
            when segments.clinical_status_code in ('U', 'P', 'S') then 'unconfirmed'
            else 'confirmed'
        end as verification_status,
        array_to_string(list_transform(segments.reactions, lambda reaction: reaction.text), '; ') as reaction_text,
        case segments.severity when 'SV' then 'severe' when 'MO' then 'moderate' when 'MI' then 'mild' end as reaction_severity,
        segments.onset_date,
        cast(segments.message_at as date) as recorded_date,
        {{ hl7_null_columns('segments.null_fields', {
            '4': ['criticality', 'reaction_severity'],
            '5': ['reaction_text'],
            '6': ['onset_date'],
        }) }} as null_columns
    from segments
    left join {{ ref('int_hl7v2__persons') }} as persons
        on
            segments.file_sha256 = persons.file_sha256
            and segments.record_index = persons.record_index
            and segments.pid_index = persons.pid_index
    where coalesce(segments.allergen_code, segments.allergen_alternate_code, segments.allergen_display) is not null
)

{{ int_select('allergy_intolerance', 'final', nulls=true) }}
