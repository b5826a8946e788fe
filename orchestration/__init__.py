"""Thin wrappers that run the rooms in order: Dagster, checks, publishing, the command line.

Here: assets, checks, jobs, schedules, sensors, the ``wellspring`` command. Not here: parsing,
transforming or measuring anything; those are called.
"""
