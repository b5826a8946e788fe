-- Proportion of days covered: of the days from the first fill of the period to its end (the as-of date, death), on how
-- many there was a medicine of the class at hand. A refill that comes early starts when the supply of the same product
-- ends; of two products of one class each day counts once (Pharmacy Quality Alliance's method, in our words).
{%- set last_day = 'least(' ~ period_end() ~ ', ' ~ as_of_date() ~ ')' %}
with fills as (
    select * from {{ ref('int_measure_fills') }}
    where drug_class in ('statin', 'diabetes', 'ras antagonist') and {{ in_period('dispensed_date') }}
),

patients as (
    select * from {{ ref('int_measure_patients') }}
),

treatments as (
    select
        fills.patient_id,
        fills.drug_class,
        min(fills.dispensed_date) as first_fill_date,
        max(fills.dispensed_date) as last_fill_date,
        count(distinct fills.dispensed_date) as fill_date_count,
        arg_max(fills.medication_dispense_id, [cast(fills.dispensed_date as varchar), fills.medication_dispense_id])
            as last_medication_dispense_id,
        least({{ last_day }}, any_value(patients.deceased_date)) as last_date
    from fills
    inner join patients on fills.patient_id = patients.patient_id
    group by fills.patient_id, fills.drug_class
),

-- Days are numbered from the start of the period. A fill's supply begins on its day or when that before it is used up:
-- the greatest, over the fills so far, of a fill's day and all that was supplied from it on.
supplied as (
    select
        *,
        dispensed_date - {{ period_start() }} as fill_day,
        sum(days_supply) over earlier as supplied_until_now
    from fills
    window
        earlier as (
            partition by patient_id, drug_class, product order by dispensed_date, medication_dispense_id
            rows unbounded preceding
        )
),

lasting as (
    select
        *,
        cast(supplied_until_now + max(fill_day - (supplied_until_now - days_supply)) over (
            partition by patient_id, drug_class, product order by dispensed_date, medication_dispense_id
            rows unbounded preceding
        ) as integer) as end_day
    from supplied
),

bounded as (
    select
        lasting.patient_id,
        lasting.drug_class,
        lasting.medication_dispense_id,
        lasting.end_day - lasting.days_supply as start_day,
        least(lasting.end_day, treatments.last_date - {{ period_start() }} + 1) as end_day
    from lasting
    inner join treatments
        on lasting.patient_id = treatments.patient_id and lasting.drug_class = treatments.drug_class
),

covered as (
    select
        *,
        max(end_day) over (
            partition by patient_id, drug_class order by start_day, end_day, medication_dispense_id
            rows between unbounded preceding and 1 preceding
        ) as covered_until
    from bounded
),

counted as (
    select
        patient_id,
        drug_class,
        sum(greatest(0, end_day - greatest(start_day, coalesce(covered_until, start_day)))) as covered_days
    from covered
    group by patient_id, drug_class
),

final as (
    select
        treatments.patient_id,
        treatments.drug_class,
        treatments.first_fill_date,
        treatments.last_fill_date,
        treatments.last_medication_dispense_id,
        cast(treatments.fill_date_count as integer) as fill_date_count,
        treatments.last_date,
        cast(treatments.last_date - treatments.first_fill_date + 1 as integer) as treatment_days,
        cast(counted.covered_days as integer) as covered_days,
        cast(counted.covered_days as double) / (treatments.last_date - treatments.first_fill_date + 1)
            as proportion_of_days_covered
    from treatments
    inner join counted
        on treatments.patient_id = counted.patient_id and treatments.drug_class = counted.drug_class
    where treatments.first_fill_date <= treatments.last_date
)

select * from final
