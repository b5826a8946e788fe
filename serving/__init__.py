"""The doors: what reads the published gold and silver, read-only.

Here: whatever serves people and programs from a published version. Not here: ingestion, models.
"""
