-- An encounter's types as FHIR gives them, and its class: a value set may name either.
with encounters as (
    select
        encounter_id,
        patient_id,
        status,
        start_at,
        start_at_precision,
        end_at,
        end_at_precision,
        from_json(fhir_json, '{
            "type": [{"coding": [{"system": "VARCHAR", "code": "VARCHAR"}]}],
            "class": {"system": "VARCHAR", "code": "VARCHAR"},
            "hospitalization": {"dischargeDisposition": {"coding": [{"system": "VARCHAR", "code": "VARCHAR"}]}}
        }') as element
    from {{ ref('encounter') }}
    where patient_id is not null
),

read as (
    select
        * exclude (element),
        list_concat(
            flatten(list_transform(element.type, lambda one: coalesce(one.coding, []))),
            [struct_pack("system" := element."class".system, code := element."class".code)]
        ) as codings,
        element."class".code as class_code,
        coalesce(element.hospitalization."dischargeDisposition".coding, []) as discharge_codings
    from encounters
),

members as (
    {{ value_set_members('read', 'encounter_id') }}
)

select
    members.value_set,
    read.encounter_id,
    read.patient_id,
    read.status,
    read.class_code,
    read.start_at,
    read.end_at,
    coalesce({{ local_date('read.start_at', 'read.start_at_precision') }}, {{ the_beginning() }}) as start_date,
    coalesce({{ local_date('read.end_at', 'read.end_at_precision') }}, {{ the_end() }}) as end_date,
    coalesce({{ any_in_value_set('read.discharge_codings', ['discharge_to_hospice']) }}, false) as is_discharged_to_hospice
from read
inner join members on read.encounter_id = members.encounter_id
where coalesce({{ local_date('read.start_at', 'read.start_at_precision') }}, {{ the_beginning() }}) <= {{ as_of_date() }}
