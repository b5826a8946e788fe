"""``make mappings``: which source fields feed each column of silver, read from the models.

A column is followed from silver through the intermediate models of its sources
(``int_<resource>__<format>``) to staging, where a model says which field it reads: ``hl7('5.1')``
of a PID segment is HL7 v2 PID-5.1, ``element."birthDate"`` of a Patient is FHIR Patient.birthDate,
``x12_reference('1L')`` is X12 REF*1L, a column of a CSV feed is itself. Writes
``seeds/mappings/silver_column_sources.csv``, which ``phi_catalog`` reads, and
``dbt_project/models/silver/MAPPINGS.md``; a test holds both to the models.
"""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tests.ready.identity import REPOSITORY, run

SEED = Path("seeds/mappings/silver_column_sources.csv")
TABLE = Path("dbt_project/models/silver/MAPPINGS.md")
OBSERVATION_VERSIONS = Path("dbt_project/macros/observation_versions.sql")
#: Columns that the house gives a row: no source says them.
OURS = {
    "source_system", "source_systems", "source_record_id", "source_record_ids", "recorded_at",
    "fhir_json", "source_code", "patient_id", "encounter_id",
}  # fmt: skip

#: What macros that are selected as they stand select.
MACROS = {
    "fhir_int_practitioner": (
        "resources.practitioner_fhir_id || resources.performer_fhir_id as practitioner_key"
    ),
    "fhir_int_codings": "resources.codings || resources.code_display as codings",
    "fhir_int_visit": "resources.encounter_fhir_id as visit_number",
    "canonical_value_columns": (
        "value_quantity as canonical_value, value_quantity || ucum as canonical_unit,"
        " value_quantity || ucum as is_implausible"
    ),
    "coded_observations": (
        "select *, codings || local_code as canonical, value_unit as ucum from sources"
    ),
    "measured_observations": (
        "select observations.*, specimens.specimen_ids as specimen_id,"
        " value_quantity as canonical_value, value_quantity || ucum as canonical_unit,"
        " value_quantity || ucum as is_implausible"
        " from {{ ref('int_report_specimens') }} as specimens"
    ),
    "daily_source_key": "device_user_id || activity_date",
    "hl7_notes": "select nte.note as note from {{ ref('stg_hl7v2__nte') }} as nte",
}
#: Models that others join for a key, which says nothing of where their own columns come from.
KEYS = {"int_encounter_versions", "int_encounter_keys", "int_diagnostic_report_keys"}
#: Models that others join for a column that those name: they feed that one.
LOOKUPS = {"int_report_specimens"}

#: Steps between a column of silver and a field, at most: more would be a circle.
DEPTH = 60
Field = tuple[str, str]


def main() -> None:
    """Write both files."""
    found = mappings(REPOSITORY, manifest_nodes())
    (REPOSITORY / SEED).parent.mkdir(parents=True, exist_ok=True)
    (REPOSITORY / SEED).write_text(as_csv(found), encoding="utf-8")
    (REPOSITORY / TABLE).write_text(as_markdown(found), encoding="utf-8")


def manifest_nodes() -> list[dict[str, Any]]:
    """The models in the manifest of a fresh `dbt parse`."""
    with tempfile.TemporaryDirectory() as folder:
        run(
            "dbt",
            *("--quiet", "parse", "--project-dir", str(REPOSITORY / "dbt_project")),
            *("--profiles-dir", str(REPOSITORY / "profiles"), "--target-path", folder),
            *("--log-path", folder),
            home=Path(folder),
        )
        manifest = json.loads((Path(folder) / "manifest.json").read_bytes())
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


def mappings(repository: Path, nodes: list[dict[str, Any]]) -> dict[tuple[str, str], list[Field]]:
    """{(silver table, column): [(format, field)]} of all public models of silver."""
    sql = {node["name"]: expanded(node["raw_code"]) for node in nodes if node["language"] == "sql"}
    reader = Reader(sql)
    found: dict[tuple[str, str], list[Field]] = {}
    for node in sorted(nodes, key=lambda one: one["name"]):
        if node["access"] != "public" or "/silver/" not in node["original_file_path"]:
            continue
        for column in node["columns"]:
            own = "".join(part.capitalize() for part in node["name"].split("_"))
            fields = [
                (source, field)
                for source, field in sorted(reader.fields(node["name"], column))
                if column not in OURS
                # An element of another resource feeds that one; here it only joins.
                and (source != "FHIR" or field.startswith(f"{own}."))
            ]
            found[(node["name"], column)] = fields
    return found


def expanded(sql: str) -> str:
    """SQL without comments; names that templates build from loops stay as they are."""
    sql = re.sub(r"\{#.*?#\}", " ", sql, flags=re.DOTALL)
    # What a model of HL7 v2 selects of a segment stands between `call` and `endcall`.
    sql = re.sub(
        r"\{% call hl7v2_typed\(.*?\) %\}(.*?)\{% endcall %\}",
        r"select \1 from segments",
        sql,
        flags=re.DOTALL,
    )
    sql = re.sub(r"\{\{-? hl7v2_values\(.*?\) \}\}", "", sql)
    for name, body in re.findall(
        r"\{%-? set (\w+) -?%\}(.*?)\{%-? endset %\}", sql, flags=re.DOTALL
    ):
        sql = sql.replace("{{ " + name + " }}", body)
    sql = re.sub(r"\{\{ text_in_order\('(.*?)', '.*?', '.*?'\) \}\}", r"\1", sql)
    # A macro that is a whole model, for the formats that it is given.
    for formats in re.findall(r"\{\{ observation_versions\((.*?)\) \}\}", sql):
        body = (REPOSITORY / OBSERVATION_VERSIONS).read_text(encoding="utf-8")
        sql += body.replace("formats)", f"{formats})")
    for macro, columns in MACROS.items():
        sql = re.sub(r"\{\{ " + macro + r"\(.*?\) \}\}", columns, sql)
    return re.sub(r"--[^\n]*", " ", sql)


class Reader:
    """Follows columns through the text of models."""

    def __init__(self, sql: dict[str, str]) -> None:
        self.sql = sql
        self.items = cache(self._items)
        self.parents = cache(self._parents)
        #: Names that some staging or intermediate model gives a column.
        self.known = {
            name
            for model in sql
            if model.startswith(("stg_", "int_"))
            for name in self.items(model)
        }

    def fields(self, model: str, column: str) -> set[Field]:
        """The source fields behind a column of a model."""
        return self._fields(model, column, 0, set())

    def _fields(
        self, model: str, column: str, depth: int, seen: set[tuple[str, str]]
    ) -> set[Field]:
        if (model, column) in seen or depth > DEPTH or model not in self.sql:
            return set()
        seen.add((model, column))
        expressions = self.items(model).get(column, [])
        if model.startswith("stg_"):
            return self._staged(model, column, expressions, depth, seen)
        found: set[Field] = set()
        names = {column}
        for expression in expressions:
            names |= set(re.findall(r"[a-z_][a-z_0-9]*", re.sub(r"'[^']*'", " ", expression)))
            # Arguments of macros are column names in quotes.
            names |= set(re.findall(r"'(?:\w+[.])?([a-z_0-9]+)", expression))
        for name in names - OURS:
            if name != column:
                if name in self.items(model):
                    found |= self._fields(model, name, depth + 1, seen)
                    continue
                if name not in self.known:
                    continue
            for parent in self.parents(model):
                if parent in KEYS and "encounter" not in model and "report" not in model:
                    continue
                if parent.startswith("stg_") or parent in LOOKUPS:
                    if name in self.items(parent):
                        found |= self._fields(parent, name, depth + 1, seen)
                elif parent.startswith("int_") and (
                    name == column or name in self.items(parent) or "*" in self.sql[parent]
                ):
                    found |= self._fields(parent, name, depth + 1, seen)
        return found

    def _staged(
        self,
        model: str,
        column: str,
        expressions: list[str],
        depth: int,
        seen: set[tuple[str, str]],
    ) -> set[Field]:
        source, _, entity = model.removeprefix("stg_").partition("__")
        found: set[Field] = set()
        for expression in expressions:
            if source == "hl7v2":
                segment = entity.upper()
                for place in re.findall(r"hl7\w*\('(\d+(?:\.\d+)*)'", expression):
                    found.add(("HL7 v2", f"{segment}-{place}"))
                for index in re.findall(r"fields\[(\d+)\]", expression):
                    found.add(("HL7 v2", f"{segment}-{int(index) - 1}"))
            elif source == "fhir":
                kind = "".join(part.capitalize() for part in entity.split("_"))
                for path in re.findall(r'element\.("?\w+"?(?:\[\d\])?(?:\."?\w+"?)*)', expression):
                    plain = re.sub(r'"|\[\d\]', "", path)
                    found.add(("FHIR", f"{kind}.{plain}"))
            elif source == "x12":
                found |= {("X12", one) for one in x12_fields(expression, entity)}
                inner = set(re.findall(r"[a-z_][a-z_0-9]*", re.sub(r"'[^']*'", " ", expression)))
                for name in inner - OURS - {column}:
                    if name in self.items(model):
                        found |= self._fields(model, name, depth + 1, seen)
            elif source == "wearables" and "omh" in entity:
                found.add(("Open mHealth", column))
            elif source == "wearables" and entity == "vendor_measures":
                found.add(("vendor payload", column))
        if source in {"pharmacy", "billing", "scheduling", "public_health", "wearables"}:
            listed = set(re.findall(r"'(\w+)'", "".join(self._csv_columns(model))))
            if column in listed:
                found.add(("CSV", f"{source} {entity}.{column}"))
            for expression in expressions:
                for name in re.findall(r"\w+", expression):
                    if name in listed:
                        found.add(("CSV", f"{source} {entity}.{name}"))
        return found

    def _csv_columns(self, model: str) -> list[str]:
        return re.findall(r"csv_columns\(\[(.*?)\]", self.sql[model], flags=re.DOTALL)

    def _parents(self, model: str) -> tuple[str, ...]:
        sql = self.sql[model]
        named = set(re.findall(r"ref\('(\w+)'\)", sql))
        for resource, formats in re.findall(
            r"int_(?:with_patient|union)\('(\w+)', (\[[^\]]*\]|sources)\)", sql
        ):
            if formats == "sources":
                listed = re.search(r"set sources = (\[[^\]]*\])", sql)
                formats = listed[1] if listed else "[]"
            named |= {f"int_{resource}__{one}" for one in re.findall(r"'(\w+)'", formats)}
        for staging in re.findall(r"fhir_keys_ctes\('(\w+)'", sql):
            named.add(staging)
        for staging in re.findall(r"'(stg_\w+)'", sql):
            named.add(staging)
        if re.search(r"patients_of_mentions\('(\w+)'\)", sql):
            named.add("int_person_details")
        return tuple(sorted(name for name in named if name in self.sql))

    def _items(self, model: str) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        if model not in self.sql:
            return found
        sql = self.sql[model]
        for expression, name in select_items(sql):
            found[name].append(expression)
        # Columns that a macro lists by name stand for themselves.
        lists = r"(?:merged|merged_pairs|csv_columns)\((.*?)\]"
        for listed in re.findall(lists, sql, flags=re.DOTALL):
            for name in re.findall(r"'([a-z_0-9]+)'", listed):
                found[name].append(name)
        return found


def x12_fields(expression: str, entity: str) -> Iterator[str]:
    """The elements that an expression of X12 staging reads."""
    for code in re.findall(r"x12_reference\w*\('(\w+)'", expression):
        yield f"REF*{code}"
    for code in re.findall(r"x12_date\w*\('(\w+)'", expression):
        yield f"DTP*{code}"
    for code in re.findall(r"x12_amount\w*\('(\w+)'", expression):
        yield f"AMT*{code}"
    for segment, place in re.findall(r"\b([a-z][a-z0-9]{1,2})\[(\d+)\]", expression):
        yield f"{segment.upper()}{int(place) - 1:02d}"
    for place, segment in re.findall(r"x12_element\((\d+), '(?:\w+\.)?(\w+)'\)", expression):
        component = re.search(
            rf"x12_component\(x12_element\({place}, '[\w.]+'\), (\d+)", expression
        )
        yield f"{segment.upper()}{int(place):02d}{'-' + component[1] if component else ''}"
    segments = re.findall(r"segment_id (?:= |in \()'(\w+)'", expression)
    for place in re.findall(r"x12_element\((\d+)\)", expression):
        yield from (f"{segment}{int(place):02d}" for segment in segments)


def select_items(sql: str) -> Iterator[tuple[str, str]]:
    """(expression, name) of what the selects of a text select."""
    for match in re.finditer(r"\bselect\b(?:\s+distinct(?:\s+on\s*\([^)]*\))?)?", sql):
        for item in split(sql, match.end()):
            item = item.strip()
            named = re.search(r'\bas\s+"?([a-z_][a-z_0-9]*)"?$', item, flags=re.DOTALL)
            if named:
                yield item[: named.start()], named[1]
            elif plain := re.fullmatch(r'(?:\w+\.)?"?([a-z_][a-z_0-9]*)"?', item):
                yield item, plain[1]


def split(sql: str, start: int) -> Iterator[str]:
    """The items between `select` and the end of its list."""
    depth, quoted, begin = 0, False, start
    place = start
    while place < len(sql):
        sign = sql[place]
        if sign == "'":
            quoted = not quoted
        elif not quoted:
            if sign in "([{":
                depth += 1
            elif sign in ")]}":
                depth -= 1
                if depth < 0:
                    break
            elif depth == 0 and sign == ",":
                yield sql[begin:place]
                begin = place + 1
            elif depth == 0 and re.match(r"\s(from|union)\b", sql[place : place + 7]):
                break
        place += 1
    yield sql[begin:place]


def as_csv(found: dict[tuple[str, str], list[Field]]) -> str:
    """One line per silver column and source field."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["silver_table", "silver_column", "source_format", "source_field"])
    for (table, column), fields in found.items():
        for source, field in fields:
            writer.writerow([table, column, source, field])
    return text.getvalue()


def as_markdown(found: dict[tuple[str, str], list[Field]]) -> str:
    """A table per silver model: its columns and the fields that feed them."""
    lines = [
        "# Which source fields feed silver",
        "",
        "Made by `make mappings` from the models; a test holds it to them. HL7 v2 fields are",
        "given as segment-field.component (HL7 v2.5.1), X12 elements as",
        "segment and place, or segment*qualifier (005010 X222A1, X223A2, X221A1, X220A1), FHIR",
        "elements as resource.path (R4, 4.0.1), CSV columns as system feed.column, a payload of a",
        "wearables vendor says as the columns of `stg_wearables__vendor_measures`.",
        "",
        "A column without a field is the house's own: ids, provenance, what is worked out.",
    ]
    tables: dict[str, dict[str, list[Field]]] = defaultdict(dict)
    for (table, column), fields in found.items():
        tables[table][column] = fields
    for table, columns in tables.items():
        lines += ["", f"## {table}", "", "| column | fed by |", "|---|---|"]
        for column, fields in columns.items():
            by_format: dict[str, list[str]] = defaultdict(list)
            for source, field in fields:
                by_format[source].append(field.replace("|", "\\|"))
            said = "; ".join(f"{name} {', '.join(them)}" for name, them in by_format.items())
            lines.append(f"| `{column}` | {said or '–'} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
