"""ICD-10-CM without a download: the code set as the package `simple-icd-10-cm` carries it.

Belongs here: making that package's codes a release like any other, once per home. Does not belong
here: the files of CMS and NCHS (``readers/icd10.py``); a release that somebody loaded goes before.

ICD-10-CM is in the public domain (CDC/NCHS, CMS); the package is under the MIT licence.
"""

from __future__ import annotations

import hashlib
import re
from importlib import metadata, resources

from ingest.home import Home
from ingest.terminology.releases import add_packaged
from ingest.terminology.tables import ReleaseWriter

__all__ = ["ensure_icd10cm"]

PACKAGE = "simple-icd-10-cm"
SYSTEM = "http://hl7.org/fhir/sid/icd-10-cm"


def ensure_icd10cm(home: Home) -> None:
    """Have the package's codes among the releases of `home`; the first time takes 3 CPU-seconds.

    Afterwards, until another version of the package is installed, nothing of it is imported.
    """
    version = metadata.version(PACKAGE)
    add_packaged(
        home,
        kind="icd10cm",
        release=_release,
        file_name=f"{PACKAGE} {version}",
        sha256=hashlib.sha256(f"{PACKAGE} {version}".encode()).hexdigest(),
        read=_read,
    )


def _release() -> str:
    """The fiscal year, with `-04` for the update of April, as the package's files are named."""
    names = sorted(one.name for one in resources.files("simple_icd_10_cm.data").iterdir())
    tabular = next((name for name in names if name.endswith(".xml")), "")
    year = re.search(r"(?<!\d)(20\d\d)(?!\d)", tabular)
    if year is None:
        return metadata.version(PACKAGE)
    return year[1] + ("-04" if "april" in tabular.lower() else "")


def _read(out: ReleaseWriter) -> None:
    # Importing reads ten megabytes of XML.
    import simple_icd_10_cm as codes

    # A block of one category is called like it, so that its name is there twice.
    for code in dict.fromkeys(codes.get_all_codes(True)):
        if not codes.is_category_or_subcategory(code):
            continue  # chapters and blocks are no codes
        is_billable = codes.is_leaf(code)
        out.concept(
            SYSTEM,
            code,
            codes.get_description(code),
            concept_class="code" if is_billable else "header",
            is_selectable=is_billable,
        )
        if not codes.is_category(code):
            out.add("relations", SYSTEM, code, "parent", codes.get_parent(code))
