-- A fill is one row per pharmacy system, prescription and fill number, whether the dispense message or the
-- day's file says it.
with sources as (
    {{ int_with_patient('medication_dispense', ['hl7v2', 'csv', 'fhir']) }}
),

coded as (
    select
        sources.*,
        {{ canonical_coding('sources.codings', ['http://www.nlm.nih.gov/research/umls/rxnorm']) }} as own_coding
    from sources
    {{ join_code_map('sources') }}
),

orders as (
    select
        source_system,
        rx_number,
        min(medication_request_id) as medication_request_id
    from {{ ref('int_medication_request_versions') }}
    where rx_number is not null
    group by source_system, rx_number
),

versions as not materialized (
    select
        coded.*,
        visits.encounter_id,
        case
            when coded.rx_number is not null
                then concat_ws(chr(31), 'fill', coded.source_system, coded.rx_number, coalesce(fill_number, 0))
            else concat_ws(chr(31), 'source', coded.source_system, source_key)
        end as match_key,
        0 as lead_order,
        orders.medication_request_id
    from coded
    {{ join_encounter('coded') }}
    left join orders on coded.source_system = orders.source_system and coded.rx_number = orders.rx_number
),

dispenses as (
    {{ merged('versions', [
        'patient_id', 'medication_request_id', 'rx_number', 'fill_number', 'status', 'when_handed_over_at',
        'when_handed_over_at_precision', 'dispensed_date', 'own_coding', 'codings', 'ndc', 'quantity', 'quantity_unit',
        'days_supply', 'pharmacy_organization_key', 'practitioner_key', 'dosage_text', 'dosage', 'quantity_coding', 'encounter_id',
        'further',
        'received',
    ], together=['when_handed_over_at', 'when_handed_over_at_precision']) }}
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
        dispenses.* exclude (own_coding),
        {{ drug_coding('dispenses') }} as canonical,
        -- Its eleven digits where they are certain, else as it was written.
        coalesce(products.ndc_11, dispenses.ndc) as ndc_11,
        products.ndc_status,
        coalesce(ingredients.ingredient_rxcui, products.ingredient_rxcui) as ingredient_code,
        coalesce(ingredients.ingredient_name, products.ingredient_name) as ingredient_display,
        {{ uuid_v5('MedicationDispense', "'key'", 'match_key') }} as medication_dispense_id,
        {{ practitioner_id('dispenses.practitioner_key') }} as practitioner_id,
        {{ organization_id('dispenses.pharmacy_organization_key') }} as pharmacy_organization_id
    from dispenses
    left join products on dispenses.ndc = products.ndc_text
    left join ingredients on {{ own_rxcui('dispenses') }} = ingredients.rxcui
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
            'resourceType': fhir_constant('MedicationDispense'),
            'id': fhir_token('medication_dispense_id'),
            'meta': fhir_meta(),
            'identifier': fhir_array([fhir_identifier("'urn:id:' || source_system || ':fill'", "rx_number || coalesce('-' || fill_number, '')")]),
            'status': "coalesce(" ~ fhir_token('status') ~ ", '\"unknown\"')",
            'medicationCodeableConcept': "coalesce(" ~ fhir_concept_of('codings', 'code_display') ~ ", '{\"text\":\"unknown\"}')",
            'subject': fhir_reference('Patient', 'patient_id'),
            'context': fhir_reference('Encounter', 'encounter_id'),
            'performer': fhir_array([
                "case when practitioner_id is not null then " ~ fhir_object({'actor': fhir_reference('Practitioner', 'practitioner_id')}) ~ " end",
                "case when pharmacy_organization_id is not null then " ~ fhir_object({'actor': fhir_reference('Organization', 'pharmacy_organization_id')}) ~ " end",
            ]),
            'authorizingPrescription': fhir_array([fhir_reference('MedicationRequest', 'medication_request_id')]),
            'quantity': fhir_quantity(
                'quantity', 'coalesce(quantity_coding.display, quantity_unit)', code='quantity_coding.code', system='quantity_coding."system"'
            ),
            'daysSupply': "case when days_supply is not null then " ~ fhir_object({
                'value': fhir_integer('days_supply'), 'unit': fhir_constant('days'),
                'system': fhir_constant('http://unitsofmeasure.org'), 'code': fhir_constant('d'),
            }) ~ " end",
            'whenHandedOver': fhir_at('when_handed_over_at', 'when_handed_over_at_precision'),
            'dosageInstruction': fhir_dosage_instruction('dosage_text', 'dosage'),
        }) }} as built_json
    from identified
    {{ join_fhir_received('identified', 'MedicationDispense') }}
),

final as (
    select
        medication_dispense_id,
        patient_id,
        medication_request_id,
        rx_number,
        fill_number,
        coalesce(status, 'unknown') as status,
        when_handed_over_at,
        when_handed_over_at_precision,
        dispensed_date,
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
        pharmacy_organization_id,
        practitioner_id,
        dosage_text,
        {{ silver_provenance() }},
        {{ fhir_with_received(fhir_with_further('built_json'), 'medication_dispense_id', {'medicationCodeableConcept': ['medicationReference']}) }} as fhir_json
    from built
)

select * from final
