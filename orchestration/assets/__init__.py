"""What Dagster shows: one asset per feed, one per dbt model, the published version.

Here: thin wrappers over the rooms. Not here: work.
"""
