with dispenses as (
    select
        *,
        coalesce(dispensed_date, {{ local_date('when_handed_over_at') }}) as fill_date,
        coalesce(code, ndc, lower(code_display)) as product
    from {{ ref('medication_dispense') }}
    where status = 'completed' and patient_id is not null
),

requests as (
    select
        *,
        {{ local_date('authored_at') }} as authored_date,
        coalesce(ingredient_code, code, ndc, lower(code_display)) as medication
    from {{ ref('medication_request') }}
    where
        patient_id is not null
        and coalesce(status, 'unknown') in ('active', 'unknown')
        and coalesce(intent, 'order') not in ('proposal', 'plan', 'option')
),

fills as (
    select
        patient_id,
        medication_dispense_id,
        coalesce(ingredient_code, product) as medication,
        product,
        ingredient_code,
        ingredient_display,
        code_system,
        code,
        code_display,
        fill_date,
        days_supply,
        source_systems,
        sum(coalesce(days_supply, 0)) over so_far as days_so_far
    from dispenses
    where fill_date <= {{ as_of_date() }} and product is not null
    window so_far as (
        partition by patient_id, product
        order by fill_date, medication_dispense_id
        rows between unbounded preceding and current row
    )
),

-- An early refill adds to what is still in hand: the supply ends `days_so_far` after the latest date
-- from which, counting every fill since, the patient has had medicine without a break.
supplies as (
    select
        *,
        max(fill_date - cast(days_so_far - coalesce(days_supply, 0) as integer)) over (
            partition by patient_id, product
            order by fill_date, medication_dispense_id
            rows between unbounded preceding and current row
        ) + cast(days_so_far as integer) - 1 as supply_end_date
    from fills
),

last_fills as (
    select
        *,
        days_supply is not null and supply_end_date >= {{ as_of_date() }} as is_supply_running
    from supplies
    qualify
        row_number() over (
            partition by patient_id, medication
            order by is_supply_running desc, fill_date desc, supply_end_date desc, medication_dispense_id asc
        ) = 1
),

-- An order holds as long as its supply with all refills; one that does not say, for a year.
last_orders as (
    select
        *,
        coalesce(
            authored_date + (days_supply * (1 + coalesce(refills, 0))) - 1,
            cast(authored_date + interval 12 month as date) - 1
        ) as order_end_date
    from requests
    where authored_date <= {{ as_of_date() }} and order_end_date >= {{ as_of_date() }} and medication is not null
    qualify
        row_number() over (
            partition by patient_id, medication
            order by authored_at desc, order_end_date desc, medication_request_id asc
        ) = 1
)

select
    coalesce(last_fills.patient_id, last_orders.patient_id) as patient_id,
    coalesce(last_fills.medication, last_orders.medication) as medication,
    case when last_fills.is_supply_running then 'dispensed' else 'ordered' end as evidence,
    coalesce(last_fills.ingredient_code, last_orders.ingredient_code) as ingredient_code,
    coalesce(last_fills.ingredient_display, last_orders.ingredient_display) as ingredient_display,
    case when last_fills.is_supply_running then last_fills.code_system else last_orders.code_system end as code_system,
    case when last_fills.is_supply_running then last_fills.code else last_orders.code end as code,
    case when last_fills.is_supply_running then last_fills.code_display else last_orders.code_display end
        as code_display,
    last_orders.dosage_text,
    last_orders.authored_date as ordered_date,
    last_fills.fill_date as last_dispensed_date,
    last_fills.days_supply,
    case when last_fills.days_supply is not null then last_fills.supply_end_date end as supply_end_date,
    case
        when last_fills.days_supply is not null
            then greatest(last_fills.supply_end_date - {{ as_of_date() }} + 1, 0)
    end as supply_days_left,
    list_sort(list_distinct(list_concat(
        coalesce(last_fills.source_systems, []), coalesce(last_orders.source_systems, [])
    ))) as source_systems
from last_fills
full outer join last_orders
    on last_fills.patient_id = last_orders.patient_id and last_fills.medication = last_orders.medication
where last_fills.is_supply_running or last_orders.patient_id is not null
