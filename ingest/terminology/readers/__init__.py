"""One reader per publisher: where a release says which it is, and what its lines mean.

A reader has ``recognise(package)``, the release as its publisher numbers it (None: say it with
``--release``), and ``read(package, out)``, which writes rows and keeps bad lines aside.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ingest.terminology.packages import Package
from ingest.terminology.readers import (
    concept_map,
    cpt,
    cvx,
    hcpcs,
    icd10,
    loinc,
    rxnorm,
    snomed,
)
from ingest.terminology.tables import ReleaseWriter

__all__ = ["READERS", "Reader"]


@dataclass(frozen=True, slots=True)
class Reader:
    """How a kind of terminology is read."""

    kind: str
    title: str
    expects: str  #: what a person should give
    recognise: Callable[[Package], str | None]
    read: Callable[[Package, ReleaseWriter], None]
    #: What releases of it follow each other; by default the kind itself.
    family: Callable[[Package], str] | None = None


READERS = {
    reader.kind: reader
    for reader in (
        Reader(
            "icd10cm",
            "ICD-10-CM diagnoses (CDC/NCHS, CMS)",
            "the zip of code descriptions in tabular order, icd10cm-order-YYYY.txt, or "
            "icd10cm-codes-YYYY.txt",
            icd10.recognise,
            icd10.read_cm,
        ),
        Reader(
            "icd10pcs",
            "ICD-10-PCS inpatient procedures (CMS)",
            "the zip of the order file, or icd10pcs_order_YYYY.txt",
            icd10.recognise,
            icd10.read_pcs,
        ),
        Reader(
            "hcpcs",
            "HCPCS Level II (CMS)",
            "the quarter's zip, or HCPCYYYY_MMM_ANWEB.txt, .xlsx or .csv",
            hcpcs.recognise,
            hcpcs.read,
        ),
        Reader(
            "cpt",
            "CPT (AMA, licensed)",
            "LONGULT.txt or the Consolidated Code List, tab-delimited, or the zip with them",
            cpt.recognise,
            cpt.read,
        ),
        Reader(
            "loinc",
            "LOINC (Regenstrief Institute, licensed)",
            "the LOINC zip, its unpacked folder, or Loinc.csv",
            loinc.recognise,
            loinc.read,
        ),
        Reader(
            "rxnorm",
            "RxNorm with NDC (NLM)",
            "RxNorm_full_MMDDYYYY.zip, or its folder with RXNCONSO.RRF, RXNSAT.RRF, RXNREL.RRF",
            rxnorm.recognise,
            rxnorm.read,
        ),
        Reader(
            "cvx",
            "CVX vaccines (CDC)",
            "cvx.txt, with bars between its fields",
            cvx.recognise,
            cvx.read,
        ),
        Reader(
            "snomedct",
            "SNOMED CT (SNOMED International, licensed)",
            "the RF2 zip of an edition, or its unpacked folder",
            snomed.recognise,
            snomed.read,
        ),
        Reader(
            "conceptmap",
            "FHIR R4 ConceptMap",
            "ConceptMap JSON, or a Bundle with one",
            concept_map.recognise,
            concept_map.read,
            concept_map.family,
        ),
    )
}
