with versions as not materialized (
    select
        requests.*,
        visits.encounter_id
    from {{ ref('int_medication_request_versions') }} as requests
    {{ join_encounter('requests') }}
),

requests as (
    {{ merged('versions', [
        'medication_request_id', 'patient_id', 'encounter_id', 'order_number', 'order_namespace', 'rx_number', 'status', 'intent',
        'authored_at', 'authored_at_precision', 'own_coding', 'codings', 'ndc', 'quantity', 'quantity_unit',
        'days_supply', 'refills', 'practitioner_key', 'dosage_text', 'dosage', 'quantity_coding', 'note', 'further',
        'received',
    ], together=['own_coding', 'codings'], nulls=true) }}
),

-- NDC to eleven digits, then to RxNorm's clinical drug and ingredient.
products as (
    select * from {{ ref('int_ndc') }}
),

ingredients as (
    select * from {{ ref('int_drug_ingredients') }}
),

mapped as (
    select
        requests.* exclude (own_coding),
        {{ drug_coding('requests') }} as canonical,
        -- Its eleven digits where they are certain, else as it was written.
        coalesce(products.ndc_11, requests.ndc) as ndc_11,
        products.ndc_status,
        coalesce(ingredients.ingredient_rxcui, products.ingredient_rxcui) as ingredient_code,
        coalesce(ingredients.ingredient_name, products.ingredient_name) as ingredient_display,
        {{ practitioner_id('requests.practitioner_key') }} as practitioner_id
    from requests
    left join products on requests.ndc = products.ndc_text
    left join ingredients on {{ own_rxcui('requests') }} = ingredients.rxcui
),

identified as (
    select
        * exclude (codings),
        canonical."system" as code_system,
        canonical.code as code,
        canonical.display as code_display,
        {{ with_canonical('canonical', 'codings') }} as codings
    from {{ displayed('mapped') }} as mapped
),

built as (
    select
        *,
        {{ fhir_object({
            'resourceType': fhir_constant('MedicationRequest'),
            'id': fhir_token('medication_request_id'),
            'meta': fhir_meta(),
            'identifier': fhir_array([
                fhir_identifier("'urn:id:' || regexp_replace(lower(coalesce(" ~ namespace_key('order_namespace') ~ ", source_system)), '[^a-z0-9._-]+', '-', 'g') || ':order'", 'order_number', "'PLAC'"),
                fhir_identifier("'urn:id:' || source_system || ':prescription'", 'rx_number', "'FILL'"),
            ]),
            'status': "coalesce(" ~ fhir_token('status') ~ ", '\"unknown\"')",
            'intent': "coalesce(" ~ fhir_token('intent') ~ ", '\"order\"')",
            'medicationCodeableConcept': "coalesce(" ~ fhir_concept_of('codings', 'code_display') ~ ", '{\"text\":\"unknown\"}')",
            'subject': fhir_subject(),
            'encounter': fhir_reference('Encounter', 'encounter_id'),
            'authoredOn': fhir_at('authored_at', 'authored_at_precision'),
            'requester': fhir_reference('Practitioner', 'practitioner_id'),
            'note': fhir_array([fhir_object({'text': fhir_string('note')})]),
            'dosageInstruction': fhir_dosage_instruction('dosage_text', 'dosage'),
            'dispenseRequest': fhir_object({
                'numberOfRepeatsAllowed': "case when refills >= 0 then " ~ fhir_integer('refills') ~ " end",
                'quantity': fhir_quantity(
                    'quantity', 'coalesce(quantity_coding.display, quantity_unit)', code='quantity_coding.code', system='quantity_coding."system"'
                ),
                'expectedSupplyDuration': "case when days_supply is not null then " ~ fhir_object({
                    'value': fhir_integer('days_supply'), 'unit': fhir_constant('days'),
                    'system': fhir_constant('http://unitsofmeasure.org'), 'code': fhir_constant('d'),
                }) ~ " end",
            }),
        }) }} as built_json
    from identified
    {{ join_fhir_received('identified', 'MedicationRequest') }}
),

final as (
    select
        medication_request_id,
        patient_id,
        encounter_id,
        order_number,
        rx_number,
        coalesce(status, 'unknown') as status,
        coalesce(intent, 'order') as intent,
        authored_at,
        authored_at_precision,
        code_system,
        code,
        code_display,
        codings,
        ingredient_code,
        ingredient_display,
        ndc_11 as ndc,
        ndc_status,
        quantity,
        quantity_unit,
        days_supply,
        refills,
        practitioner_id,
        dosage_text,
        note,
        {{ silver_provenance() }},
        {{ fhir_with_received(fhir_with_further('built_json'), 'medication_request_id', {'medicationCodeableConcept': ['medicationReference']}) }} as fhir_json
    from built
)

select * from final
