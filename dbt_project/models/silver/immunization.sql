-- A vaccination is one row per person, vaccine and day.
with sources as (
    {{ int_with_patient('immunization', ['hl7v2', 'fhir']) }}
),

versions as (
    select
        *,
        concat_ws(chr(31), {{ person_scope() }}, cvx_code, coalesce(cast(occurrence_date as varchar), source_key)) as base_key,
        -- Who gave it before who was told.
        case when primary_source then 0 else 1 end as lead_order
    from sources
    where cvx_code is not null or len(codings) > 0
),

keyed as (
    select
        *,
        {{ fact_key() }} as match_key
    from versions
),

immunizations as (
    {{ merged('keyed', [
        'patient_id', 'codings', 'cvx_code', 'cvx_display', 'occurrence_date', 'occurrence_at', 'occurrence_at_precision', 'status',
        'status_reason', 'lot_number', 'expiration_date', 'manufacturer', 'site', 'route', 'dose_quantity', 'dose_unit',
        'primary_source', 'practitioner_key', 'organization_key',
        'received',
    ], together=['status', 'status_reason'], nulls=true) }}
),

identified as (
    select
        *,
        {{ uuid_v5('Immunization', "'key'", 'match_key') }} as immunization_id,
        {{ practitioner_id('practitioner_key') }} as practitioner_id,
        {{ organization_id('organization_key') }} as organization_id
    from immunizations
),

final as (
    select
        immunization_id,
        patient_id,
        cvx_code,
        cvx_display,
        codings,
        occurrence_date,
        occurrence_at,
        occurrence_at_precision,
        status,
        status_reason,
        lot_number,
        expiration_date,
        manufacturer,
        site,
        route,
        dose_quantity,
        dose_unit,
        primary_source,
        practitioner_id,
        organization_id,
        {{ silver_provenance() }},
        {{ fhir_with_received(fhir_object({
            'resourceType': fhir_constant('Immunization'),
            'id': fhir_token('immunization_id'),
            'meta': fhir_meta(),
            'status': "coalesce(" ~ fhir_token('status') ~ ", '\"completed\"')",
            'statusReason': fhir_object({'text': fhir_string('status_reason')}),
            'vaccineCode': fhir_concept_of('codings', 'cvx_display'),
            'patient': fhir_subject(),
            'occurrenceDateTime': "coalesce(" ~ fhir_at('occurrence_at', 'occurrence_at_precision') ~ ", " ~ fhir_on('occurrence_date') ~ ")",
            'occurrenceString': "case when occurrence_at is null and occurrence_date is null then " ~ fhir_constant('unknown') ~ " end",
            'primarySource': fhir_boolean('primary_source'),
            'manufacturer': fhir_object({'display': fhir_string('manufacturer')}),
            'lotNumber': fhir_string('lot_number'),
            'expirationDate': fhir_on('expiration_date'),
            'site': fhir_object({'text': fhir_string('site')}),
            'route': fhir_object({'text': fhir_string('route')}),
            'doseQuantity': fhir_quantity('dose_quantity', 'dose_unit', code='case when ' ~ is_ucum('dose_unit') ~ ' then dose_unit end'),
            'performer': fhir_array([
                "case when practitioner_id is not null then " ~ fhir_object({'actor': fhir_reference('Practitioner', 'practitioner_id')}) ~ " end",
                "case when organization_id is not null then " ~ fhir_object({'actor': fhir_reference('Organization', 'organization_id')}) ~ " end",
            ]),
        }), {'occurrenceDateTime': ['occurrenceString'], 'occurrenceString': ['occurrenceDateTime']}) }} as fhir_json
    from identified
)

select * from final
