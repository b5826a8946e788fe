"""Bronze: every file that a source sent, as it came, exactly once.

Belongs here: landing, the manifest, verification, export, quarantine, the feed registry. Does not
belong here: what a record means (``dbt_project/models/staging``), where it starts and ends
(``ingest/formats``), or how a command looks (``orchestration/cli``).
"""

from ingest.bronze import quarantine
from ingest.bronze.export import export_file
from ingest.bronze.landing import FileReport, LandReport, Progress, land
from ingest.bronze.manifest import Entry, Manifest
from ingest.bronze.registry import ensure_layout, write_feed_registry
from ingest.bronze.schema import BRONZE_SCHEMA, QUARANTINE_SCHEMA
from ingest.bronze.store import bronze_store, quarantine_store
from ingest.bronze.verify import Problem, VerifyReport, verify

__all__ = [
    "BRONZE_SCHEMA",
    "QUARANTINE_SCHEMA",
    "Entry",
    "FileReport",
    "LandReport",
    "Manifest",
    "Problem",
    "Progress",
    "VerifyReport",
    "bronze_store",
    "ensure_layout",
    "export_file",
    "land",
    "quarantine",
    "quarantine_store",
    "verify",
    "write_feed_registry",
]
