"""What a source sent, held against what it declared: Great Expectations on every landed feed.

Here: a profile of each landed file, a suite per feed made from ``ingest/sources.yml``, scores.
Not here: rules about keys, relationships or business logic; those are dbt's tests.
"""
