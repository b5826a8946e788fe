"""Terminology that is loaded, not published with the project: official releases of code systems,
maps between them, and value sets as VSAC serves them.

Here: reading what publishers offer, keeping every release, writing the tables that dbt reads. Not
here: which measure uses which value set (``seeds/measures``), what a local code means
(``seeds/terminology``), or how a code is used (silver).
"""

from ingest.home import Home
from ingest.terminology import releases as _releases
from ingest.terminology import value_sets as _value_sets
from ingest.terminology.errors import TerminologyError
from ingest.terminology.packaged import ensure_icd10cm
from ingest.terminology.readers import READERS
from ingest.terminology.releases import Release, list_releases, load_release, use_release
from ingest.terminology.value_sets import LoadReport, load_value_sets

__all__ = [
    "READERS",
    "LoadReport",
    "Release",
    "TerminologyError",
    "ensure_icd10cm",
    "ensure_tables",
    "list_releases",
    "load_release",
    "load_value_sets",
    "use_release",
]


def ensure_tables(home: Home) -> None:
    """Empty tables where nothing was loaded yet, so that dbt can read them."""
    _value_sets.ensure_tables(home)
    _releases.ensure_releases(home)
