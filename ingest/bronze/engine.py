"""DuckDB that can read bronze where it lies.

Belongs here: readying a connection for the URL of the store. Does not belong here: the store itself
(``store.py``) or what is read from it.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import duckdb

from ingest.errors import BronzeError

__all__ = ["reach_bronze"]


def reach_bronze(connection: duckdb.DuckDBPyConnection) -> None:
    """Make ``WELLSPRING_BRONZE_URL`` readable in ``connection``; a local folder needs nothing.

    For ``s3://`` the httpfs extension is loaded from its wheel, since a hospital's machines have no
    way to download extensions, and a secret of this connection only is made of the environment that
    the store's own client reads (``AWS_ACCESS_KEY_ID``, ``AWS_ENDPOINT_URL``, …).

    Raises:
        BronzeError: the extension for this release of DuckDB is not installed.
    """
    for variable in ("WELLSPRING_BRONZE_URL", "WELLSPRING_QUARANTINE_URL"):
        parts = urlsplit(os.environ.get(variable, ""))
        if parts.scheme == "s3":
            _load_httpfs(connection)
            _make_secret(connection, bucket=parts.netloc)


def _load_httpfs(connection: duckdb.DuckDBPyConnection) -> None:
    found = find_spec("duckdb_extension_httpfs")
    folders = found.submodule_search_locations if found is not None else None
    for folder in folders or []:
        extension = (
            Path(folder) / "extensions" / f"v{duckdb.__version__}" / "httpfs.duckdb_extension"
        )
        if extension.is_file():
            connection.execute(f"load {_literal(str(extension))}")
            return
    raise BronzeError(
        f"bronze lies in a bucket, and DuckDB {duckdb.__version__} has no httpfs extension here; "
        f"install duckdb-extension-httpfs=={duckdb.__version__}"
    )


def _make_secret(connection: duckdb.DuckDBPyConnection, *, bucket: str) -> None:
    def known(*names: str) -> str | None:
        return next((os.environ[name] for name in names if os.environ.get(name)), None)

    endpoint = urlsplit(known("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT") or "")
    virtual = (known("AWS_VIRTUAL_HOSTED_STYLE_REQUEST") or "").lower() in {"1", "true"}
    options = {
        "key_id": known("AWS_ACCESS_KEY_ID"),
        "secret": known("AWS_SECRET_ACCESS_KEY"),
        "session_token": known("AWS_SESSION_TOKEN"),
        "region": known("AWS_REGION", "AWS_DEFAULT_REGION"),
        "endpoint": endpoint.netloc or None,
        "url_style": "path" if endpoint.netloc and not virtual else None,
    }
    chosen = [f"{name} {_literal(value)}" for name, value in options.items() if value]
    if endpoint.scheme == "http":
        chosen.append("use_ssl false")
    scope = _literal(f"s3://{bucket}")
    name = "wellspring_" + "".join(letter if letter.isalnum() else "_" for letter in bucket)
    connection.execute(
        f"create or replace temporary secret {name} "
        f"({', '.join(['type s3', f'scope {scope}', *chosen])})"
    )


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
