"""A build that needs more memory than it may use goes on from disk."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import duckdb
import jinja2
import pytest
import yaml
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.environments import create


def test_dbt_opens_its_next_model_after_one_has_spilled(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "warehouse" / "tmp").mkdir(parents=True)
    environment = {"WELLSPRING_HOME": str(tmp_path), "WELLSPRING_MEMORY": "40MB"}
    profiles = jinja2.Template((repository / "profiles" / "profiles.yml").read_text()).render(
        env_var=lambda name, default=None: environment.get(name, default)
    )
    output = yaml.safe_load(profiles)["wellspring"]["outputs"]["duckdb"]
    del output["plugins"]
    credentials = DuckDBCredentials.from_dict(DuckDBCredentials.__pre_deserialize__(output))
    with closing(create(credentials)) as warehouse:
        model = warehouse.handle().cursor()
        model.execute(
            "create table wide as select i, md5(i::varchar) as text from range(2000000) as r (i)"
        )
        # A window over all rows holds them all.
        model.execute("create table spilled as select *, count(*) over (order by text) from wide")
        # DuckDB refuses it once it has spilled, and removes the files when a query ends.
        with pytest.raises(duckdb.NotImplementedException, match="temporary directory"):
            model.execute(f"set temp_directory = '{tmp_path}'")
        following = warehouse.handle().cursor()
        following.execute("select current_setting('temp_directory')")
        assert following.fetchone() == (str(tmp_path / "warehouse" / "tmp"),)
