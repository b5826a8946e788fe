-- Those of several words: one row of what they say together.
with versions as not materialized (
    select * from {{ ref('int_observation_versions') }}
),

observations as (
    {{ merged_pairs('versions', [
        'patient_id', 'encounter_id', 'diagnostic_report_id', 'category', 'code_system', 'code', 'code_display', 'codings',
        'local_code', 'filler_order_number', 'filler_namespace', 'placer_order_number', 'sub_id', 'status', 'effective_at',
        'effective_at_precision', 'issued_at', 'value_type', 'value_quantity', 'value_unit', 'ucum', 'value_text',
        'value_code_system', 'value_code', 'value_code_display', 'value_comparator', 'value_at', 'value_at_precision',
        'original_value', 'original_unit', 'interpretation', 'reference_low', 'reference_high', 'reference_text', 'note',
        'practitioner_id', 'organization_id', 'device', 'device_id', 'is_component', 'further_performers', 'further',
        'received',
    ], together=[
        'status', 'value_type', 'value_quantity', 'value_unit', 'ucum', 'value_text', 'value_code_system', 'value_code',
        'value_code_display', 'value_comparator', 'value_at', 'value_at_precision', 'original_value', 'original_unit',
        'interpretation', 'effective_at', 'effective_at_precision', 'received', 'is_component', 'further',
    ], tie_order=true, key='observation_id') }}
),

final as (
    {{ measured_observations('observations') }}
)

select * from final
