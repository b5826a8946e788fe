{{ config(materialized='view') }}
-- PRB of problem messages (PC1 to PC3) to Condition (problem-list-item): PRB-1 what was done, PRB-2 when, PRB-3 code,
-- PRB-4 number, PRB-7 established, PRB-9 resolved, PRB-13 how sure, PRB-14 where it stands, PRB-16 and -17 onset,
-- PRB-26 severity. The statuses are tables of each site: FHIR's own words are known in code or text by how they begin,
-- another word says nothing. A deleted problem never was one.
with segments as (
    select
        *,
        lower(confirmation_status) as confirmation,
        lower(life_cycle_status) as life_cycle,
        upper(action_code) = 'DE' or (action_code is null and split_part(message_type, '^', 2) = 'PC3') as is_deleted
    from {{ ref('stg_hl7v2__prb') }}
),

notes as (
    {{ hl7_notes() }}
),

final as (
    select
        {{ hl7_int_provenance() }},
        persons.owner_authority as id_authority,
        persons.owner_value as id_value,
        visits.visit_number,
        visits.visit_namespace,
        {{ hl7_local_system('problem') }} as local_system,
        {{ hl7_local_code('problem') }} as local_code,
        {{ hl7_codings('problem', 'segments.source_system') }} as codings,
        segments.source_record_id || ':' || segments.segment_index as source_key,
        'problem-list-item' as category,
        case
            when segments.is_deleted then null
            when regexp_matches(segments.life_cycle, '\bresolved') then 'resolved'
            when regexp_matches(segments.life_cycle, '\binactive') then 'inactive'
            when regexp_matches(segments.life_cycle, '\bremission') then 'remission'
            -- FHIR: what has abated is not active (con-4).
            when segments.resolved_date is not null then 'resolved'
            when regexp_matches(segments.life_cycle, '\brecur') then 'recurrence'
            when regexp_matches(segments.life_cycle, '\brelapse') then 'relapse'
            else 'active'
        end as clinical_status,
        case
            when segments.is_deleted then 'entered-in-error'
            when regexp_matches(segments.confirmation, '\b(un|not )confirm') then 'unconfirmed'
            when regexp_matches(segments.confirmation, '\bconfirm') then 'confirmed'
            when regexp_matches(segments.confirmation, '\bprovision') or regexp_matches(segments.confirmation, '\bsuspect') then 'provisional'
            when regexp_matches(segments.confirmation, '\bdifferential') then 'differential'
            when regexp_matches(segments.confirmation, '\brefute') or regexp_matches(segments.confirmation, '\bruled') then 'refuted'
        end as verification_status,
        cast(segments.onset_at as date) as onset_date,
        segments.onset_at,
        segments.onset_at_precision,
        segments.resolved_date as abatement_date,
        segments.acted_date as recorded_date,
        {{ fhir_object({
            'identifier': fhir_array([
                fhir_identifier(number_system('segments.problem_namespace', 'problem', 'segments.source_system'), 'segments.problem_id'),
            ]),
            'severity': "case when segments.severity is not null then " ~ fhir_concept_of(
                hl7_value_codings('segments.severity', 'segments.source_system'), 'segments.severity.original_text'
            ) ~ " end",
            'onsetString': "case when segments.onset_at is null then " ~ fhir_string('segments.onset_text') ~ " end",
            'recordedDate': fhir_at('segments.acted_at', 'segments.acted_at_precision'),
            'note': fhir_array([fhir_object({'text': fhir_string('notes.note')})]),
            'extension': fhir_array(["case when segments.established_at is not null then " ~ fhir_object({
                'url': fhir_constant('http://hl7.org/fhir/StructureDefinition/condition-assertedDate'),
                'valueDateTime': fhir_at('segments.established_at', 'segments.established_at_precision'),
            }) ~ " end"]),
        }) }} as further,
        {{ hl7_null_columns('segments.null_fields', {
            '9': ['abatement_date'],
            '13': ['verification_status'],
            '16': ['onset_date', 'onset_at', 'onset_at_precision'],
        }) }} as null_columns
    from segments
    {{ hl7_join_person() }}
    {{ hl7_join_visit() }}
    {{ hl7_join_segment('notes', 'notes', 'segments.segment_index', column='parent_index') }}
    where coalesce(segments.problem_code, segments.problem_alternate_code, segments.problem_display) is not null
)

{{ int_select('condition', 'final', absent=['encounter_date', 'practitioner_key'], nulls=true, further=true, own=[
    'onset_at', 'onset_at_precision',
]) }}
