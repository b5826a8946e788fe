-- One fact of several words. A table of its own: DuckDB builds JSON from the compressed columns of a table
-- several times as fast as from joined rows.
with versions as not materialized (
    select * from {{ ref('int_observation_versions') }}
),

observations as (
    {{ merged('versions', [
        'patient_id', 'encounter_id', 'diagnostic_report_id', 'category', 'code_system', 'code', 'code_display', 'codings',
        'local_code', 'filler_order_number', 'filler_namespace', 'placer_order_number', 'sub_id', 'status', 'effective_at',
        'effective_at_precision', 'issued_at', 'value_type', 'value_quantity', 'value_unit', 'ucum', 'value_text',
        'value_code_system', 'value_code', 'value_code_display', 'value_comparator', 'value_at', 'value_at_precision',
        'original_value', 'original_unit', 'interpretation', 'reference_low', 'reference_high', 'reference_text', 'note',
        'practitioner_key', 'organization_key', 'device', 'device_key', 'is_component', 'further',
        'received',
    ], together=[
        'status', 'value_type', 'value_quantity', 'value_unit', 'ucum', 'value_text', 'value_code_system', 'value_code',
        'value_code_display', 'value_comparator', 'value_at', 'value_at_precision', 'original_value', 'original_unit',
        'interpretation', 'effective_at', 'effective_at_precision', 'received', 'is_component', 'further',
    ], tie_order=true) }}
),

identified as (
    select
        observations.* exclude (category, practitioner_key, organization_key),
        {{ device_id('device_key') }} as device_id,
        -- A report on one specimen observes that one.
        case when len(specimens.specimen_ids) = 1 then specimens.specimen_ids[1] end as specimen_id,
        {{ uuid_v5('Observation', "'key'", 'match_key') }} as observation_id,
        {{ practitioner_id('practitioner_key') }} as practitioner_id,
        {{ organization_id('organization_key') }} as organization_id,
        -- The vital signs of FHIR's profile, by their LOINC codes.
        case
            when
                category in ('laboratory', 'exam')
                and code in (
                    '8480-6', '8462-4', '8867-4', '9279-1', '8310-5', '2708-6', '59408-5', '29463-7', '8302-2', '39156-5',
                    '85354-9', '9843-4', '8287-5', '85353-1', '3141-9', '8331-1', '8328-7', '59576-9'
                )
                then 'vital-signs'
            when category in ('laboratory', 'exam') and code in ('44261-6', '55758-7', '69737-5', '44249-1', '73830-2', '73831-0', '73832-8') then 'survey'
            when category in ('laboratory', 'exam') and code in ('72166-2', '11367-0', '74013-4', '82810-3') then 'social-history'
            else category
        end as category,
        case value_comparator when '<' then '<' when '<=' then '<=' when '>' then '>' when '>=' then '>=' end as comparator
    from observations
    left join {{ ref('int_report_specimens') }} as specimens
        on observations.diagnostic_report_id = specimens.diagnostic_report_id
),

measured as (
    {{ with_analyte('identified') }}
),

final as (
    select
        * exclude (analyte_unit, factor, offset_value, plausible_low, plausible_high),
        {{ canonical_value_columns() }}
    from measured
)

select * from final
