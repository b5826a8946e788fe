with patients as (
    select
        patient_id,
        birth_date,
        sex,
        deceased_at,
        deceased_at_precision,
        is_deceased,
        from_json(fhir_json, '{"extension": [{"url": "VARCHAR", "valueCode": "VARCHAR"}]}') as element
    from {{ ref('patient') }}
    where birth_date is not null
),

-- The recorded sex of US Core, where a source says it; else the administrative one.
read as (
    select
        *,
        list_filter(
            element.extension,
            lambda one: one.url = 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-sex'
        )[1]."valueCode" as sex_code
    from patients
)

select
    patient_id,
    birth_date,
    case
        when sex_code = '248152002' then 'female'
        when sex_code = '248153007' then 'male'
        when sex_code is not null then 'unknown'
        else sex
    end as sex,
    {{ age_in_years('birth_date', period_start()) }} as age_at_start,
    {{ age_in_years('birth_date', period_end()) }} as age_at_end,
    {{ local_date('deceased_at', 'deceased_at_precision') }} as deceased_date
from read
