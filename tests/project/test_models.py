"""What is true of every dbt model, read from dbt's manifest.

Here: layers, contracts, descriptions, tags of PHI, names of tests. Not here: what a model computes
(dbt unit tests), what the data are like (dbt data tests).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

Node = dict[str, Any]

# 45 CFR 164.514(b)(2)(i) (A) to (R); dbt_project/models/docs/phi.md says what each means.
PHI_KINDS = {
    "none",
    "name",
    "geographic",
    "date",
    "phone",
    "fax",
    "email",
    "ssn",
    "medical_record_number",
    "health_plan_number",
    "account_number",
    "license_number",
    "vehicle_id",
    "device_id",
    "url",
    "ip_address",
    "biometric",
    "photo",
    "unique_id",
    "free_text",
    "record",
}

# The layers of the house in the order that data walks them, and ops, which watches.
MAY_READ = {
    "bronze": {"bronze"},
    "staging": {"staging"},
    "identity": {"staging", "identity"},
    "silver": {"staging", "identity", "silver"},
    "gold": {"silver", "gold"},
    "ops": {"bronze", "staging", "identity", "silver", "gold", "ops"},
}


# Lines. 2026-11: the longest lays out an 835 claim by claim; anything longer has a second purpose.
LONGEST_MODEL = 260

#: An order by a record's id, which is text: record 10 of a file would stand before record 9.
ORDER_BY_ID = re.compile(
    r"\bsource_record_id (?:asc|desc)\b"  # order by … source_record_id desc
    r"|\b(?:min|max)\((?:\w+\.)?source_record_id\)"
    r"|_at(?: asc| desc)?, (?:\w+\.)?source_record_id\b"  # (recorded_at, source_record_id)
)


def _layer(node: Node) -> str:
    return Path(node["original_file_path"]).parts[1]


def _is_part(node: Node) -> bool:
    """Whether a model is a step on the way to others, not something that people read."""
    return node["name"].startswith("int_") or "intermediate" in node["original_file_path"]


def _is_offered(node: Node) -> bool:
    """Whether others may build on a model: silver's resources and gold's marts."""
    return _layer(node) in {"silver", "gold"} and not _is_part(node)


def test_only_staging_models_read_a_source(models: list[Node]) -> None:
    readers = [
        node["name"]
        for node in models
        if any(parent.startswith("source.") for parent in node["depends_on"]["nodes"])
        and not (_layer(node) == "staging" and node["name"].startswith("stg_"))
        # ops counts files and rejected records, which is what bronze's own books are for
        and _layer(node) not in {"ops", "bronze"}
    ]
    assert readers == [], "let them read a stg_ model instead"


def test_data_never_walk_back(models: list[Node], manifest: dict[str, Any]) -> None:
    backwards = [
        f"{node['name']} ({_layer(node)}) reads {parent['name']} ({_layer(parent)})"
        for node in models
        for parent in (manifest["nodes"].get(name) for name in node["depends_on"]["nodes"])
        if parent is not None
        and parent["resource_type"] == "model"
        and _layer(parent) not in MAY_READ[_layer(node)]
    ]
    assert backwards == []


def test_models_are_named_after_their_layer(models: list[Node]) -> None:
    misnamed = [
        node["original_file_path"]
        for node in models
        if (_layer(node) == "staging") != node["name"].startswith("stg_")
        or ("intermediate" in node["original_file_path"] and not node["name"].startswith("int_"))
    ]
    assert misnamed == []


def test_every_model_and_seed_says_what_a_row_is(manifest: dict[str, Any]) -> None:
    silent = [
        node["original_file_path"]
        for node in manifest["nodes"].values()
        if node["resource_type"] in {"model", "seed", "snapshot"}
        and not re.match(r"One row per\b", node["description"])
    ]
    assert silent == [], "begin the description with “One row per …”"


def test_models_are_described_beside_them(models: list[Node]) -> None:
    elsewhere = []
    for node in models:
        folder = Path(node["original_file_path"]).parent
        patch = Path((node["patch_path"] or "").split("://")[-1])
        if patch.parent != folder or not re.fullmatch(r"_\w+__models\.yml", patch.name):
            elsewhere.append(f"{node['original_file_path']} in {patch}")
    assert elsewhere == []


def test_silver_and_gold_are_public_contracts_and_nothing_else_is(models: list[Node]) -> None:
    wrong = [
        node["original_file_path"]
        for node in models
        if (node["access"] == "public") != _is_offered(node)
        or bool(node["config"]["contract"]["enforced"]) != _is_offered(node)
    ]
    assert wrong == []


def test_every_offered_column_is_described_and_says_whether_it_is_phi(models: list[Node]) -> None:
    wrong = [
        f"{node['name']}.{column['name']}: {problem}"
        for node in models
        if _is_offered(node)
        for column in node["columns"].values()
        for problem in (
            None if column["description"] else "no description",
            None if column["config"]["meta"].get("phi") in PHI_KINDS else "no known kind of PHI",
        )
        if problem
    ]
    assert wrong == [], "see dbt_project/models/docs/phi.md"


def test_every_offered_model_has_a_tested_key(models: list[Node], manifest: dict[str, Any]) -> None:
    keyed = set()
    for node in manifest["nodes"].values():
        test = node.get("test_metadata") or {}
        if test.get("name") in {"unique", "unique_combination"}:
            keyed.add(node["attached_node"])
    bare = [node["name"] for node in models if _is_offered(node) and node["unique_id"] not in keyed]
    assert bare == []


def test_dbt_unit_tests_are_named_after_model_and_behaviour(manifest: dict[str, Any]) -> None:
    wrong = [
        unit["name"]
        for unit in manifest["unit_tests"].values()
        if not unit["name"].startswith(f"test_{unit['model']}_") or not unit["description"]
    ]
    assert wrong == [], "name it test_<model>_<behaviour> and describe the rule"


def test_singular_tests_are_sentences(manifest: dict[str, Any]) -> None:
    wrong = [
        node["original_file_path"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
        and "test_metadata" not in node
        and not re.match(r"assert_\w+_\w+", node["name"])
    ]
    assert wrong == [], "name it assert_<sentence>.sql"


def test_no_model_reads_the_clock(models: list[Node]) -> None:
    clock = re.compile(
        r"\b(current_date|current_timestamp|current_time|localtimestamp|now\s*\(|today\s*\("
        r"|get_current_timestamp|run_started_at)",
        re.IGNORECASE,
    )
    readers = [
        node["original_file_path"]
        for node in models
        if node["language"] == "sql" and clock.search(_without_comments(node["raw_code"]))
    ]
    assert readers == [], "use as_of_date()"


def test_records_are_put_in_their_order_before_their_id(repository: Path) -> None:
    by_id = [
        f"{path.name}:{number}: {line.strip()}"
        for path in sorted((repository / "dbt_project" / "models").rglob("*.sql"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (found := ORDER_BY_ID.search(line)) and "record_order" not in line[: found.end()]
    ]
    assert by_id == [], "let newest_first or word_order (macros/word_order.sql) say which is newest"


def test_every_mart_has_an_exposure(models: list[Node], manifest: dict[str, Any]) -> None:
    exposed = {
        name
        for exposure in manifest["exposures"].values()
        for name in exposure["depends_on"]["nodes"]
    }
    unused = [
        node["name"]
        for node in models
        if _layer(node) == "gold" and _is_offered(node) and node["unique_id"] not in exposed
    ]
    assert unused == [], "say in models/exposures.yml who reads it"


def test_models_stay_short(models: list[Node], repository: Path) -> None:
    long = [
        f"{node['original_file_path']}: {lines} lines"
        for node in models
        if (lines := node["raw_code"].count("\n") + 1) > LONGEST_MODEL
    ]
    assert long == [], "a model over about 150 lines wants an int_ model"


def _without_comments(sql: str) -> str:
    return re.sub(r"--[^\n]*|/\*.*?\*/|\{#.*?#\}", "", sql, flags=re.DOTALL)


# Tables of FHIR resources that no resource of a FHIR feed becomes a row of: made of billing alone,
# made from all others, and the one that holds what has no table.
_NOT_FROM_FHIR = {"charge_item", "provenance", "fhir_other"}


def test_every_resource_that_arrives_as_fhir_is_a_target_of_references(
    manifest: dict[str, Any], repository: Path
) -> None:
    macro = (repository / "dbt_project" / "macros" / "fhir_received.sql").read_text("utf-8")
    listed = macro.split("macro fhir_targets()")[1].split("endmacro")[0]
    targets = {
        re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
        for name in re.findall(r"^        '([A-Z]\w+)':", listed, re.MULTILINE)
    }
    silver = {
        node["name"]: node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and _layer(node) == "silver"
    }
    tables = {
        name
        for name, node in silver.items()
        if "fhir_json" in node["columns"] and not _is_part(node)
    }
    assert tables - _NOT_FROM_FHIR == targets, "a row of fhir_targets is missing, or has no table"
    made_from_fhir = {
        name.removeprefix("int_").removesuffix("__fhir")
        for name in silver
        if name.startswith("int_") and name.endswith("__fhir")
    }
    assert made_from_fhir == targets
    assert not made_from_fhir & _NOT_FROM_FHIR
