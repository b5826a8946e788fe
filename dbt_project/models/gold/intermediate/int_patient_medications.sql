with medications as (
    select * from {{ ref('int_current_medications') }}
)

select
    patient_id,
    list({
        'ingredient_code': ingredient_code,
        'ingredient_display': ingredient_display,
        'code_system': code_system,
        'code': code,
        'display': code_display,
        'evidence': evidence,
        'dosage_text': dosage_text,
        'ordered_date': ordered_date,
        'last_dispensed_date': last_dispensed_date,
        'days_supply': days_supply,
        'supply_end_date': supply_end_date,
        'supply_days_left': supply_days_left,
        'source_systems': source_systems
    } order by coalesce(ingredient_display, code_display), medication) as medications,
    count(*) as medication_count,
    count(*) filter (where evidence = 'dispensed') as medication_in_hand_count,
    list_sort(list_distinct(flatten(list(source_systems)))) as source_systems
from medications
group by patient_id
