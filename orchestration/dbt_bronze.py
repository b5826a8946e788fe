"""The dbt-duckdb plugin that lets dbt read bronze in a bucket; ``profiles/profiles.yml`` names it.

Here: handing over the connection, and what a process that builds hundreds of models wants.
Not here: how a bucket is reached (``ingest/bronze/engine.py``).
"""

from __future__ import annotations

import gc

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

from ingest.bronze.engine import reach_bronze

__all__ = ["Plugin"]


class Plugin(BasePlugin):
    """Called once for the connection that all of dbt's threads share."""

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Make ``WELLSPRING_BRONZE_URL`` readable."""
        reach_bronze(conn)
        # What dbt has read of the project by now stays until the process ends; to look through it
        # for garbage again and again takes a tenth of the time that dbt itself needs for a build.
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)
