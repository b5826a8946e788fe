{{ config(materialized='incremental', incremental_strategy='append') }}

with counties as (
    {{ csv_rows('county_svi') }}
),

named as (
    select
        {{ csv_provenance() }},
        lpad({{ csv_column('county_fips') }}, 5, '0') as county_fips,
        {{ csv_column('county_name') }} as county_name,
        {{ csv_column('state') }} as state,
        {%- for column in [
            'svi_overall', 'svi_socioeconomic', 'svi_household', 'svi_minority', 'svi_housing_transport',
        ] %}
        -- -999 says that the rank could not be computed (SVI documentation, 2018).
            nullif({{ csv_double(csv_column(column)) }}, -999) as {{ column }},
        {%- endfor %}
        {{ csv_integer(csv_column('release_year')) }} as release_year
    from counties
)

select * from named
