{{ config(materialized='view') }}

with conditions as (
    select
        *,
        -- A problem is dated by its onset, a diagnosis at a visit by the visit.
        case
            when category = 'problem-list-item' then coalesce(onset_date, recorded_date)
            else coalesce(recorded_date, onset_date)
        end as diagnosed_date
    from {{ ref('condition') }}
    where coalesce(verification_status, 'confirmed') not in ('entered-in-error', 'refuted')
),

procedures as (
    select * from {{ ref('procedure') }}
    where coalesce(status, 'completed') in ('completed', 'in-progress', 'stopped', 'unknown')
),

allergies as (
    select * from {{ ref('allergy_intolerance') }}
    where coalesce(verification_status, 'confirmed') not in ('entered-in-error', 'refuted')
),

immunizations as (
    select * from {{ ref('immunization') }}
    where status = 'completed'
),

requests as (
    select * from {{ ref('medication_request') }}
    where coalesce(status, 'unknown') not in ('entered-in-error', 'draft', 'cancelled')
),

dispenses as (
    select
        *,
        coalesce(when_handed_over_at, cast(dispensed_date as timestamp)) as dispensed_at,
        case when when_handed_over_at is null then 'day' else when_handed_over_at_precision end
            as dispensed_at_precision
    from {{ ref('medication_dispense') }}
    where status = 'completed'
)

select
    {{ timeline_event(
        "'diagnosis'", 'Condition', 'condition_id', title='coalesce(code_display, code)', day='diagnosed_date',
        code_system='code_system', code='code', detail='category', encounter_id='encounter_id'
    ) }}
from conditions
union all
select
    {{ timeline_event(
        "'procedure'", 'Procedure', 'procedure_id', title='coalesce(code_display, code)',
        moment='performed_at', precision='performed_at_precision',
        code_system='code_system', code='code', detail='status', encounter_id='encounter_id'
    ) }}
from procedures
union all
select
    {{ timeline_event(
        "'allergy'", 'AllergyIntolerance', 'allergy_intolerance_id', title='coalesce(code_display, code)',
        day='coalesce(onset_date, recorded_date)',
        code_system='code_system', code='code', detail='reaction_text'
    ) }}
from allergies
union all
select
    {{ timeline_event(
        "'immunization'", 'Immunization', 'immunization_id', title='coalesce(cvx_display, cvx_code)',
        day='occurrence_date', code_system="'http://hl7.org/fhir/sid/cvx'", code='cvx_code',
        detail="'lot ' || lot_number"
    ) }}
from immunizations
union all
select
    {{ timeline_event(
        "'medication_order'", 'MedicationRequest', 'medication_request_id', title='coalesce(code_display, code)',
        moment='authored_at', precision='authored_at_precision',
        code_system='code_system', code='code', detail='dosage_text', encounter_id='encounter_id'
    ) }}
from requests
union all
select
    {{ timeline_event(
        "'medication_dispense'", 'MedicationDispense', 'medication_dispense_id',
        title='coalesce(code_display, code, ndc)',
        moment='dispensed_at', precision='dispensed_at_precision',
        code_system='code_system', code='code', detail="days_supply || ' days'"
    ) }}
from dispenses
