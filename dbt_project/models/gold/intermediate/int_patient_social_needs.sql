with answers as (
    select
        observations.observation_id,
        observations.patient_id,
        observations.code,
        observations.code_display,
        observations.category,
        observations.value_code,
        coalesce(observations.value_code_display, observations.value_text) as answer,
        observations.effective_at,
        {{ local_date('observations.effective_at', 'observations.effective_at_precision') }} as answered_date,
        observations.source_systems,
        needs.social_need
    from {{ ref('observation') }} as observations
    left join {{ ref('social_need_answers') }} as needs
        on observations.code = needs.question_code and observations.value_code = needs.answer_code
    where
        observations.patient_id is not null
        and observations.category in ('survey', 'social-history')
        and observations.status in ('final', 'amended', 'corrected')
        and observations.effective_at < {{ as_of_end() }}
        and (observations.value_code is not null or observations.value_text is not null)
    -- A question that was asked again replaces its earlier answers (needs come and go); one that lets
    -- people choose several keeps all of one time.
    qualify
        rank() over (
            partition by observations.patient_id, observations.code
            order by observations.effective_at desc
        ) = 1
)

select
    patient_id,
    max(answered_date) filter (where category = 'survey') as last_social_screening_date,
    list({
        'question_code': code,
        'question': code_display,
        'answer_code': value_code,
        'answer': answer,
        'answered_date': answered_date,
        'social_need': social_need
    } order by code, value_code, observation_id) as social_answers,
    coalesce(list_sort(list_distinct(list(social_need) filter (where social_need is not null))), []) as social_needs,
    list_sort(list_distinct(flatten(list(source_systems)))) as source_systems
from answers
group by patient_id
