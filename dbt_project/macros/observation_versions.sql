{#
    Every word of `formats` on an observation with its key and canonical code. A result is the filler's order number under
    its authority (else within the person), code and sub-id, so that the copy that the EHR keeps of a laboratory's result
    is the same fact; without an order number, the source's own key.
    Almost all are the only word on their observation: those are rows of `observation` as they stand here.
#}
{% macro observation_versions(formats) -%}
with sources as (
    {{ int_with_patient('observation', formats) }}
),

coded as (
    {{ coded_observations('sources') }}
),

keyed as (
    select
        coded.* exclude (canonical) replace ({{ with_canonical('canonical', 'codings') }} as codings),
        canonical."system" as code_system,
        canonical.code as code,
        canonical.display as code_display,
        case
            when filler_order_number is not null then concat_ws(
                chr(31), 'order', coalesce({{ namespace_key('filler_namespace') }}, {{ person_scope('coded.') }}),
                filler_order_number, coalesce(canonical.code, canonical.display, ''), sub_id
            )
            else concat_ws(
                chr(31), 'source', coded.source_system, source_key, coalesce(canonical.code, canonical.display, ''), sub_id
            )
        end as match_key,
        -- The filler's own word before a copy of it.
        case when int_format = 'fhir' and filler_order_number is not null then 1 else 0 end as lead_order,
        -- Of two words of one moment, the one that follows from the other.
        case status
            when 'registered' then 1
            when 'preliminary' then 2
            when 'final' then 3
            when 'amended' then 4
            when 'corrected' then 5
            when 'cancelled' then 6
            when 'entered-in-error' then 7
            else 0
        end as tie_order,
        visits.encounter_id,
        reports.diagnostic_report_id
    from {{ displayed('coded') }} as coded
    {{ join_encounter('coded') }}
    left join {{ ref('int_diagnostic_report_keys') }} as reports
        on coded.source_system = reports.source_system and coded.report_source_key = reports.report_source_key
),

identified as (
    select
        -- What found all that, nobody asks for again.
        * exclude (
            match_key, source_key, id_authority, id_value, report_source_key, visit_number, visit_namespace, practitioner_key,
            organization_key, null_columns
        ),
        {{ uuid_v5('Observation', "'key'", 'match_key') }} as observation_id,
        {{ device_id(device_key('source_system', "case when int_format != 'fhir' then device end")) }} as device_id,
        {{ practitioner_id('practitioner_key') }} as practitioner_id,
        {{ organization_id('organization_key') }} as organization_id
    from keyed
),

final as (
    {{ measured_observations('identified') }}
)

select * from final
{%- endmacro %}
