"""Bytes from a source system to immutable bronze Parquet, rejects to quarantine.

Here: framing, landing, the synthetic hospital. Not here: what a field means (that is SQL in
``dbt_project/models/staging``), orchestration, anything that reads the warehouse.
"""
