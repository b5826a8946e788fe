"""What Dagster loads: the parts, assembled; each is made in its own module."""

from __future__ import annotations

import dagster as dg
from dagster_dbt import DbtProject

from ingest.home import Home
from ingest.sources import load_sources
from orchestration import environment, warehouse
from orchestration.assets.feeds import feed_assets
from orchestration.assets.publication import publication
from orchestration.assets.warehouse import Dbt, today, warehouse_assets
from orchestration.checks.assets import feed_checks
from orchestration.fingerprint import code_fingerprint
from orchestration.jobs import daily, landing_sensor, main_job

home = Home.from_env()
environment.prepare(home)
sources = load_sources()
manifest = warehouse.parse(
    home, as_of=today(), code=code_fingerprint(sources=sources.path, accepted=home.identity_model)
)
project = DbtProject(environment.PROJECT_DIR, profiles_dir=environment.PROFILES_DIR)
models = warehouse_assets(sources, project, manifest)

defs = dg.Definitions(
    assets=[
        feed_assets(sources),
        models,
        publication([key for key in models.keys if "gold" in key.path]),
    ],
    asset_checks=[feed_checks(sources)],
    jobs=[main_job],
    schedules=[daily],
    sensors=[landing_sensor],
    resources={"dbt": Dbt(project_dir=project, dbt_executable=environment.dbt_executable())},
)
