with allergies as (
    select
        *,
        coalesce(recorded_date, onset_date) as known_date
    from {{ ref('allergy_intolerance') }}
    where
        patient_id is not null
        and coalesce(clinical_status, 'active') = 'active'
        and coalesce(verification_status, 'confirmed') not in ('entered-in-error', 'refuted')
)

select
    patient_id,
    list({
        'code_system': code_system,
        'code': code,
        'display': code_display,
        'category': category,
        'criticality': criticality,
        'reaction': reaction_text,
        'onset_date': onset_date,
        'source_systems': source_systems
    } order by code_display, code, allergy_intolerance_id) as allergies,
    count(*) as allergy_count,
    list_sort(list_distinct(flatten(list(source_systems)))) as source_systems
from allergies
where known_date is null or known_date <= {{ as_of_date() }}
group by patient_id
