"""Terminology that is loaded, not published with the project: value sets as VSAC serves them.

Here: reading FHIR ValueSets, keeping every release, writing the tables that dbt reads. Not here:
which measure uses which value set (``seeds/measures``), or what a code means.
"""

from ingest.terminology.value_sets import (
    LoadReport,
    TerminologyError,
    ensure_tables,
    load_value_sets,
)

__all__ = ["LoadReport", "TerminologyError", "ensure_tables", "load_value_sets"]
