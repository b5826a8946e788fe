-- noqa: disable=LT02
with sources as (
    {{ int_union('medication', ['fhir']) }}
),

coded as not materialized (
    select
        sources.*,
        {{ canonical_coding('sources.codings', ['http://www.nlm.nih.gov/research/umls/rxnorm']) }} as own_coding,
        concat_ws(chr(31), 'source', sources.source_system, source_key) as match_key,
        0 as lead_order
    from sources
    {{ join_code_map('sources') }}
),

medications as (
    {{ merged('coded', [
        'own_coding', 'codings', 'ndc', 'status', 'form_codings', 'lot_number', 'expiration_date', 'received',
    ], together=['own_coding', 'codings', 'received']) }}
),

products as (
    select * from {{ ref('int_ndc') }}
),

mapped as (
    select
        medications.* exclude (own_coding),
        {{ drug_coding('medications') }} as canonical,
        -- Its eleven digits where they are certain, else as it was written.
        coalesce(products.ndc_11, medications.ndc) as ndc_11,
        products.ndc_status,
        {{ uuid_v5('Medication', "'key'", 'match_key') }} as medication_id
    from medications
    left join products on medications.ndc = products.ndc_text
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
            'resourceType': fhir_constant('Medication'),
            'id': fhir_token('medication_id'),
            'meta': fhir_meta(),
            'code': fhir_concept_of('codings', 'code_display'),
            'status': fhir_token('status'),
            'form': fhir_concept_of('form_codings', 'form_codings[1].display'),
            'batch': fhir_object({'lotNumber': fhir_string('lot_number'), 'expirationDate': fhir_on('expiration_date')}),
        }) }} as built_json
    from identified
    {{ join_fhir_received('identified', 'Medication') }}
),

final as (
    select
        medication_id,
        code_system,
        code,
        code_display,
        codings,
        ndc_11 as ndc,
        ndc_status,
        status,
        form_codings,
        lot_number,
        expiration_date,
        {{ silver_provenance() }},
        {{ fhir_with_received('built_json', 'medication_id') }} as fhir_json
    from built
)

select * from final
