-- What was ordered, or decided not to be: medicines, services, devices. A medicine's period runs from the start that
-- its dosage states (else the order's day) for the days supplied, refills included (CumulativeMedicationDuration).
with medications as (
    select
        'MedicationRequest' as resource_type,
        medication_request_id as order_id,
        patient_id,
        codings,
        ndc,
        fhir_json
    from {{ ref('medication_request') }}
    where patient_id is not null
),

services as (
    select
        'ServiceRequest' as resource_type,
        service_request_id as order_id,
        patient_id,
        codings,
        fhir_json
    from {{ ref('service_request') }}
    where patient_id is not null
),

devices as (
    select
        'DeviceRequest' as resource_type,
        device_request_id as order_id,
        patient_id,
        codings,
        fhir_json
    from {{ ref('device_request') }}
    where patient_id is not null
),

orders as (
    select * from medications
    union all by name
    select * from services
    union all by name
    select * from devices
),

-- Whoever was to carry out an order refused to.
refusals as (
    select distinct focus_id
    from {{ ref('task') }}
    where status = 'rejected' and code = 'fulfill'
),

members as (
    {{ value_set_members('orders', 'order_id') }}
),

read as (
    select
        orders.resource_type,
        orders.order_id,
        orders.patient_id,
        orders.codings,
        from_json(orders.fhir_json, '{
            "status": "VARCHAR", "intent": "VARCHAR", "authoredOn": "VARCHAR", "doNotPerform": "BOOLEAN",
            "reasonCode": [{"coding": [{"system": "VARCHAR", "code": "VARCHAR"}]}],
            "dispenseRequest": {
                "validityPeriod": {"start": "VARCHAR", "end": "VARCHAR"},
                "quantity": {"value": "DOUBLE", "unit": "VARCHAR", "code": "VARCHAR"},
                "expectedSupplyDuration": {"value": "DOUBLE", "unit": "VARCHAR", "code": "VARCHAR"},
                "numberOfRepeatsAllowed": "INTEGER"},
            "dosageInstruction": [{
                "doseAndRate": [{"doseQuantity": {"value": "DOUBLE"}, "doseRange": {"high": {"value": "DOUBLE"}}}],
                "timing": {"repeat": {
                    "boundsPeriod": {"start": "VARCHAR", "end": "VARCHAR"},
                    "frequency": "DOUBLE", "frequencyMax": "DOUBLE", "period": "DOUBLE", "periodUnit": "VARCHAR",
                    "timeOfDay": ["VARCHAR"]}}}],
            "extension": [{"url": "VARCHAR", "valueCodeableConcept": {"coding": [{"system": "VARCHAR", "code": "VARCHAR"}]}}],
            "modifierExtension": [{"url": "VARCHAR", "valueBoolean": "BOOLEAN"}]
        }') as element
    from orders
    where orders.order_id in (select members.order_id from members)
),

-- CumulativeMedicationDuration reads one dosage of one dose; of several it knows nothing.
dosed as (
    select
        *,
        case when len(element."dosageInstruction") = 1 then element."dosageInstruction"[1] end as dosage,
        element."dispenseRequest" as supply
    from read
),

counted as (
    select
        *,
        dosage.timing.repeat."boundsPeriod" as bounds,
        case when len(dosage."doseAndRate") = 1 then dosage."doseAndRate"[1] end as dose,
        coalesce(
            coalesce(dosage.timing.repeat."frequencyMax", dosage.timing.repeat.frequency)
            * {{ times_a_day('dosage.timing.repeat."periodUnit"') }} / dosage.timing.repeat.period,
            nullif(len(dosage.timing.repeat."timeOfDay"), 0),
            1.0
        ) as doses_per_day
    from dosed
),

supplied as (
    select
        *,
        coalesce(
            supply."expectedSupplyDuration".value
            * {{ days_of("coalesce(supply.\"expectedSupplyDuration\".code, supply.\"expectedSupplyDuration\".unit, 'd')") }},
            supply.quantity.value / (coalesce(dose."doseRange".high.value, dose."doseQuantity".value) * doses_per_day)
        ) * (1 + coalesce(supply."numberOfRepeatsAllowed", 0)) as days_supplied,
        coalesce(
            {{ fhir_local_day('bounds."start"') }},
            {{ fhir_local_day('element."authoredOn"') }},
            {{ fhir_local_day('supply."validityPeriod"."start"') }}
        ) as period_start_date
    from counted
)

select
    members.value_set,
    supplied.resource_type,
    supplied.order_id,
    supplied.patient_id,
    supplied.element.status as status,
    supplied.element.intent as intent,
    {{ fhir_local_day('supplied.element."authoredOn"') }} as authored_date,
    -- Not to be done: the element, or the extension by which R4 says it of a device.
    coalesce(
        supplied.element."doNotPerform",
        list_filter(supplied.element."modifierExtension", lambda one: one.url like '%doNotPerform')[1]."valueBoolean",
        false
    ) as is_prohibited,
    coalesce(flatten(list_transform(supplied.element."reasonCode", lambda one: coalesce(one.coding, []))), []) as reasons,
    coalesce(
        list_filter(
            supplied.element.extension, lambda one: one.url like '%doNotPerformReason' or one.url like '%reasonRefused'
        )[1]."valueCodeableConcept".coding,
        []
    ) as prohibition_reasons,
    refusals.focus_id is not null as is_rejected,
    supplied.supply."numberOfRepeatsAllowed" as refills,
    supplied.supply.quantity.value as quantity,
    coalesce(supplied.supply.quantity.code, supplied.supply.quantity.unit) as quantity_unit,
    supplied.days_supplied,
    list_filter(supplied.codings, lambda one: one.system = 'http://www.nlm.nih.gov/research/umls/rxnorm')[1].code as rxcui,
    case
        when supplied.days_supplied is not null or supplied.bounds."end" is not null then supplied.period_start_date
    end as start_date,
    case
        when supplied.days_supplied is not null
            then cast(supplied.period_start_date + to_days(cast(ceil(supplied.days_supplied) as integer) - 1) as date)
        else {{ fhir_local_day('supplied.bounds."end"') }}
    end as end_date
from supplied
inner join members on supplied.order_id = members.order_id
left join refusals on supplied.order_id = refusals.focus_id
where {{ fhir_local_day('supplied.element."authoredOn"') }} <= {{ as_of_date() }}
