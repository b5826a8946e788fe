-- From each unit that can be said of an analyte to its canonical one: value × factor + offset_value. Between amount and
-- mass by the molar mass of the substance, from equivalents by its valence, else by the units alone.
with analytes as (
    select * from {{ ref('analytes') }}
),

units as (
    select * from {{ ref('ucum_units') }}
),

-- Where the way from one unit to another is a convention of laboratories, not of the units.
equations as (
    select * from {{ ref('analyte_equations') }}
),

pairs as (
    select
        analytes.analyte,
        units.unit as from_unit,
        analytes.unit as to_unit,
        units.dimension as from_dimension,
        canonical.dimension as to_dimension,
        units.factor as from_factor,
        units.offset_value as from_offset,
        canonical.factor as to_factor,
        canonical.offset_value as to_offset,
        analytes.molar_mass,
        analytes.valence
    from analytes
    inner join units as canonical on analytes.unit = canonical.unit
    cross join units
),

computed as (
    select
        analyte,
        from_unit,
        to_unit,
        from_offset,
        to_offset,
        to_factor,
        from_dimension,
        to_dimension,
        -- Of the base unit of the canonical dimension.
        case
            when from_dimension = to_dimension then from_factor
            when from_dimension = 'substance_concentration' and to_dimension = 'mass_concentration' then from_factor * molar_mass
            when from_dimension = 'mass_concentration' and to_dimension = 'substance_concentration' then from_factor / molar_mass
            when from_dimension = 'equivalent_concentration' and to_dimension = 'substance_concentration' then from_factor / valence
            when
                from_dimension = 'equivalent_concentration' and to_dimension = 'mass_concentration'
                then from_factor / valence * molar_mass
        end as base_factor
    from pairs
)

select
    computed.analyte,
    computed.from_unit,
    computed.to_unit,
    case
        when equations.analyte is not null then equations.factor
        when computed.from_unit = computed.to_unit then 1
        else computed.base_factor / computed.to_factor
    end as factor,
    case
        when equations.analyte is not null then equations.offset_value
        when computed.from_unit = computed.to_unit then 0
        else (computed.from_offset - computed.to_offset) / computed.to_factor
    end as offset_value
from computed
left join equations on computed.analyte = equations.analyte and computed.from_unit = equations.from_unit
where computed.base_factor is not null or equations.analyte is not null
