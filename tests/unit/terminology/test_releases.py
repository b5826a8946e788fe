"""Official releases, in tiny files of each publisher's layout: read, kept, chosen."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import openpyxl
import orjson
import pyarrow.parquet as pq
import pytest

from ingest.home import Home
from ingest.terminology import (
    Release,
    TerminologyError,
    ensure_icd10cm,
    ensure_tables,
    list_releases,
    load_release,
    use_release,
)
from ingest.terminology.releases import add_packaged


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "downloads"
    folder.mkdir()
    return folder


def rows(home: Home, release: Release, table: str) -> list[dict[str, object]]:
    file = home.terminology / "releases" / release.release_id / f"{table}.parquet"
    return pq.read_table(file).drop_columns(["family", "release_id"]).to_pylist()


def displays(home: Home, release: Release) -> dict[object, object]:
    return {row["code"]: row["display"] for row in rows(home, release, "concepts")}


def zipped(path: Path, members: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def order_line(number: int, code: str, *, valid: bool, short: str, long: str) -> str:
    return f"{number:05} {code:<7} {int(valid)} {short:<60} {long}\n"


ORDER = (
    order_line(1, "E11", valid=False, short="Sugar", long="Sugar sickness, second kind")
    + order_line(2, "E116", valid=False, short="Sugar, more", long="Second kind with more")
    + order_line(3, "E1165", valid=True, short="Sugar, high", long="Second kind, sugar high")
    + order_line(4, "E119", valid=True, short="Sugar, plain", long="Second kind, nothing more")
)


class TestIcd10Cm:
    def test_order_file_gives_codes_headers_and_what_lies_under_what(
        self, home: Home, inbox: Path
    ) -> None:
        package = zipped(inbox / "2026-tabular-order.zip", {"x/icd10cm-order-2026.txt": ORDER})
        done = load_release(home, "icd10cm", package)
        assert (done.release, done.concepts, done.rejected) == ("2026", 4, 0)
        assert displays(home, done)["E11.65"] == "Second kind, sugar high"
        selectable = {row["code"] for row in rows(home, done, "concepts") if row["is_selectable"]}
        assert selectable == {"E11.65", "E11.9"}
        parents = {row["code"]: row["target_code"] for row in rows(home, done, "relations")}
        assert parents == {"E11.6": "E11", "E11.65": "E11.6", "E11.9": "E11"}

    def test_list_of_codes_is_read_too(self, home: Home, inbox: Path) -> None:
        file = inbox / "icd10cm-codes-April-2025.txt"
        file.write_text("E1165   Second kind, sugar high\nE119    Second kind, nothing more\n")
        done = load_release(home, "icd10cm", file)
        assert done.release == "2025-04"
        assert displays(home, done) == {
            "E11.65": "Second kind, sugar high",
            "E11.9": "Second kind, nothing more",
        }

    def test_bad_lines_are_kept_aside_with_place_and_reason(self, home: Home, inbox: Path) -> None:
        file = inbox / "icd10cm-order-2026.txt"
        bad = (
            b"this is no line of the file\n"
            + order_line(9, "E119", valid=True, short="Again", long="Again").encode()
        )
        file.write_bytes(ORDER.encode() + bad)
        done = load_release(home, "icd10cm", file)
        kept = rows(home, done, "rejected")
        assert [(row["line_number"], row["reason_code"]) for row in kept] == [
            (5, "not-in-layout"),
            (6, "code-twice"),
        ]
        assert kept[0]["raw"] == b"this is no line of the file"
        assert done.rejected == 2


def test_icd10pcs_tables_are_headers_of_their_codes(home: Home, inbox: Path) -> None:
    file = inbox / "icd10pcs_order_2026.txt"
    file.write_text(
        order_line(1, "0DB", valid=False, short="Excision", long="Gut, Excision")
        + order_line(2, "0DB68ZX", valid=True, short="Excision", long="Excision of a part")
    )
    done = load_release(home, "icd10pcs", file)
    assert [(r["code"], r["is_selectable"]) for r in rows(home, done, "concepts")] == [
        ("0DB", False),
        ("0DB68ZX", True),
    ]
    assert rows(home, done, "relations")[0]["target_code"] == "0DB"


def hcpcs_line(
    code: str, record: str, long: str, *, sequence: int = 100, short: str = "", ended: str = ""
) -> str:
    line = f"{code:>5}{sequence:05}{record}{long:<80}{short:<28}".ljust(284)
    return f"{line}{ended:<8}".ljust(320) + "\r\n"


class TestHcpcs:
    TEXT = (
        hcpcs_line("G0439", "3", "Yearly visit that", short="Yearly visit")
        + hcpcs_line("G0439", "4", "comes again", sequence=200)
        + hcpcs_line("G0999", "3", "What ended", ended="20241231")
        + hcpcs_line("GA", "7", "A statement on file")
    )

    def test_lines_of_one_description_are_joined_and_modifiers_are_told_apart(
        self, home: Home, inbox: Path
    ) -> None:
        file = inbox / "HCPC2026_APR_ANWEB.txt"
        file.write_text(self.TEXT)
        done = load_release(home, "hcpcs", file)
        assert done.release == "2026-04"
        assert displays(home, done)["G0439"] == "Yearly visit that comes again"
        states = {
            r["code"]: (r["is_active"], r["concept_class"]) for r in rows(home, done, "concepts")
        }
        assert states == {
            "G0439": (True, "code"),
            "G0999": (False, "code"),
            "GA": (True, "modifier"),
        }

    def test_a_line_that_continues_nothing_is_kept_aside(self, home: Home, inbox: Path) -> None:
        file = inbox / "HCPC2026_APR_ANWEB.txt"
        file.write_text(self.TEXT + hcpcs_line("G1111", "4", "of nothing", sequence=200))
        done = load_release(home, "hcpcs", file)
        assert (done.concepts, done.rejected) == (3, 1)

    @pytest.mark.parametrize("ending", ["xlsx", "csv"])
    def test_workbook_and_csv_say_the_same(self, home: Home, inbox: Path, ending: str) -> None:
        table = [
            ["2026 HCPCS", "", "", "", ""],
            ["HCPC", "SEQNUM", "RECID", "LONG DESCRIPTION", "SHORT DESCRIPTION", "TERM DT"],
            ["G0439", "100", "3", "Yearly visit that", "Yearly visit", ""],
            ["G0439", "200", "4", "comes again", "", ""],
            ["GA", "100", "7", "A statement on file", "", ""],
        ]
        file = inbox / f"HCPC2026_JAN_ANWEB.{ending}"
        if ending == "csv":
            file.write_text("\n".join(",".join(row) for row in table))
        else:
            book = openpyxl.Workbook()
            for row in table:
                book.active.append(row)
            book.save(file)
        done = load_release(home, "hcpcs", file)
        assert done.release == "2026-01"
        assert displays(home, done) == {
            "G0439": "Yearly visit that comes again",
            "GA": "A statement on file",
        }


class TestCpt:
    def test_codes_stand_below_the_notice_that_says_the_year(self, home: Home, inbox: Path) -> None:
        file = inbox / "LONGULT.txt"
        file.write_text(
            "CPT notice. Copyright 1966-2024 the owner\r\nAll rights reserved.\r\n\r\n"
            "99999\tA visit of our own words\r\n9999F\tA measure of our own words\r\nnonsense\r\n"
        )
        done = load_release(home, "cpt", file)
        assert (done.release, done.rejected) == ("2024", 1)
        assert displays(home, done) == {
            "99999": "A visit of our own words",
            "9999F": "A measure of our own words",
        }

    def test_consolidated_list_is_read_by_its_header(self, home: Home, inbox: Path) -> None:
        file = inbox / "Consolidated_Code_List.txt"
        file.write_text(
            "Concept Id\tCPT Code\tLong\tMedium\tShort\n1\t99999\tA long name\tName\tN\n"
        )
        done = load_release(home, "cpt", file, release="2026")
        assert displays(home, done) == {"99999": "A long name"}

    def test_without_any_year_it_asks_for_the_release(self, home: Home, inbox: Path) -> None:
        file = inbox / "LONGULT.txt"
        file.write_text("99999\tA visit\n")
        with pytest.raises(TerminologyError, match="--release"):
            load_release(home, "cpt", file)


LOINC = (
    '"LOINC_NUM","COMPONENT","CLASS","VersionLastChanged","STATUS","SHORTNAME","LONG_COMMON_NAME"\n'
    '"0001-8","Thing","CHEM","2.8","ACTIVE","Thing Bld","Thing, ""so called"", in\nblood"\n'
    '"0002-6","Old","CHEM","2.77","DEPRECATED","Old Bld","Old thing"\n'
)


class TestLoinc:
    def test_release_status_hierarchy_answers_and_successors(self, home: Home, inbox: Path) -> None:
        folder = inbox / "Loinc"
        (folder / "LoincTable").mkdir(parents=True)
        (folder / "LoincTable" / "Loinc.csv").write_text(LOINC)
        (folder / "LoincTable" / "MapTo.csv").write_text("LOINC,MAP_TO,COMMENT\n0002-6,0001-8,\n")
        (folder / "AnswerList.csv").write_text("AnswerStringId,DisplayText\nLA1-8,Yes\n")
        (folder / "ComponentHierarchyBySystem.csv").write_text(
            "PATH_TO_ROOT,SEQUENCE,IMMEDIATE_PARENT,CODE,CODE_TEXT\n"
            ",1,,LP9-9,Things\nLP9-9,1,LP9-9,0001-8,Thing\n"
        )
        done = load_release(home, "loinc", folder)
        assert done.release == "2.77", "2.77 is newer than 2.8"
        assert displays(home, done) == {
            "0001-8": 'Thing, "so called", in\nblood',
            "0002-6": "Old thing",
            "LA1-8": "Yes",
            "LP9-9": "Things",
        }
        active = {r["code"]: r["is_active"] for r in rows(home, done, "concepts")}
        assert active["0002-6"] is False
        relations = {
            (r["code"], r["relation"], r["target_code"]) for r in rows(home, done, "relations")
        }
        assert relations == {
            ("0002-6", "replaced-by", "0001-8"),
            ("0001-8", "parent", "LP9-9"),
        }

    def test_a_row_of_other_width_is_kept_aside(self, home: Home, inbox: Path) -> None:
        file = inbox / "Loinc.csv"
        file.write_text(LOINC + '"0003-4","too short"\n')
        done = load_release(home, "loinc", file)
        assert (done.concepts, done.rejected) == (2, 1)


def atom(rxcui: int, kind: str, name: str, *, source: str = "RXNORM", suppress: str = "N") -> str:
    cells = [rxcui, "ENG", "", "", "", "", "", rxcui, "", "", "", source, kind, rxcui, name]
    return "|".join(map(str, [*cells, "", suppress, ""])) + "|\n"


def attribute(rxcui: int, name: str, value: str, source: str = "RXNORM") -> str:
    cells = [rxcui, "", "", "", "CUI", rxcui, "AT1", "", name, source, value, "N", ""]
    return "|".join(map(str, cells)) + "|\n"


def relation(first: int, what: str, second: int) -> str:
    """`second` is `what` of `first`."""
    cells = [first, "", "CUI", "RO", second, "", "CUI", what, "", "", "RXNORM", "", "", "", "", ""]
    return "|".join(map(str, cells)) + "|\n"


RXNORM = {
    "rrf/RXNCONSO.RRF": atom(1, "IN", "alphamine")
    + atom(2, "IN", "betamine")
    + atom(3, "MIN", "alphamine / betamine")
    + atom(10, "SCD", "alphamine 5 MG Oral Tablet")
    + atom(10, "SY", "alphamine tablet")
    + atom(10, "SCD", "not RxNorm's name", source="OTHER")
    + atom(11, "SCDC", "alphamine 5 MG")
    + atom(20, "SBD", "alphamine 5 MG Oral Tablet [Alpha]", suppress="O")
    + atom(30, "SCD", "alphamine 5 MG / betamine 5 MG Oral Tablet")
    + "1|broken\n",
    "rrf/RXNSAT.RRF": attribute(10, "NDC", "99901010101")
    + attribute(20, "NDC", "9990-1010-01", "MTHSPL")
    + attribute(10, "RXN_STRENGTH", "5 MG"),
    "rrf/RXNREL.RRF": relation(11, "consists_of", 10)
    + relation(1, "has_ingredient", 11)
    + relation(10, "tradename_of", 20)
    + relation(20, "has_tradename", 10)
    + relation(3, "has_ingredients", 30)
    + relation(1, "has_part", 3),
    "prescribe/rrf/RXNCONSO.RRF": atom(99, "IN", "the subset that comes along"),
}


class TestRxNorm:
    def test_names_are_rxnorms_own_and_retired_drugs_are_inactive(
        self, home: Home, inbox: Path
    ) -> None:
        done = load_release(home, "rxnorm", zipped(inbox / "RxNorm_full_07072026.zip", RXNORM))
        assert (done.release, done.concepts, done.rejected) == ("2026-07-07", 7, 1)
        assert displays(home, done)["10"] == "alphamine 5 MG Oral Tablet"
        active = {r["code"]: r["is_active"] for r in rows(home, done, "concepts")}
        assert active["20"] is False

    def test_every_drug_leads_to_its_ingredient_or_to_the_concept_of_several(
        self, home: Home, inbox: Path
    ) -> None:
        done = load_release(home, "rxnorm", zipped(inbox / "RxNorm_full_07072026.zip", RXNORM))
        leads = {(r["rxcui"], r["ingredient_rxcui"]) for r in rows(home, done, "ingredients")}
        assert leads == {
            ("1", "1"), ("2", "2"), ("3", "3"), ("10", "1"), ("11", "1"), ("20", "1"), ("30", "3"),
        }  # fmt: skip

    def test_ndcs_of_every_source_are_kept_as_written(self, home: Home, inbox: Path) -> None:
        done = load_release(home, "rxnorm", zipped(inbox / "RxNorm_full_07072026.zip", RXNORM))
        assert [(r["ndc_text"], r["rxcui"], r["given_by"]) for r in rows(home, done, "ndcs")] == [
            ("99901010101", "10", "RXNORM"),
            ("9990-1010-01", "20", "MTHSPL"),
        ]

    def test_a_folder_says_its_release_in_rxnsab(self, home: Home, inbox: Path) -> None:
        folder = inbox / "rrf"
        folder.mkdir()
        (folder / "RXNCONSO.RRF").write_text(atom(1, "IN", "alphamine"))
        (folder / "RXNSAB.RRF").write_text("C1|C2|RXNORM|RXNORM_26AA_260707F|RxNorm|RXNORM|\n")
        assert load_release(home, "rxnorm", folder).release == "2026-07-07"


def test_cvx_says_its_day_and_keeps_what_is_no_longer_given(home: Home, inbox: Path) -> None:
    file = inbox / "cvx.txt"
    file.write_text(
        "3     |MMR|mumps and others, live||Active|False|2020/06/02\r\n"
        "54 |adeno|adenovirus 4|note|Inactive|54|False|2010/09/30\r\n"
        "998|none given|none given||Inactive|True|2011/03/20\r\n"
        "x|y\r\n"
    )
    done = load_release(home, "cvx", file)
    assert (done.release, done.rejected) == ("2020-06-02", 1)
    states = {r["code"]: (r["is_active"], r["concept_class"]) for r in rows(home, done, "concepts")}
    assert states == {
        "03": (True, "vaccine"),
        "54": (False, "vaccine"),
        "998": (False, "not a vaccine"),
    }


FSN, SYNONYM = "900000000000003001", "900000000000013009"


def rf2(*lines: tuple[object, ...]) -> str:
    return "".join("\t".join(map(str, line)) + "\r\n" for line in lines)


def snomed_package() -> dict[str, str | bytes]:
    day, module = "20260301", "900000000000207008"
    concept = ("id", "effectiveTime", "active", "moduleId", "definitionStatusId")
    name = (*concept[:4], "conceptId", "languageCode", "typeId", "term", "caseSignificanceId")
    there = "Snapshot/Terminology/sct2"
    refset = "Snapshot/Refset"
    preferred = "900000000000548007"
    return {
        f"{there}_Concept_Snapshot_US1000124_{day}.txt": rf2(
            concept, (100, day, 1, module, 1), (200, day, 1, module, 1), (300, day, 0, module, 1)
        ),
        f"{there}_Description_Snapshot-en_US1000124_{day}.txt": rf2(
            name,
            (1, day, 1, module, 100, "en", FSN, "Sugar sickness (disorder)", 1),
            (2, day, 1, module, 100, "en", SYNONYM, "Sugar", 1),
            (3, day, 1, module, 100, "en", SYNONYM, "Sweet sickness", 1),
            (4, day, 1, module, 200, "en", FSN, "Sickness (disorder)", 1),
            (5, day, 1, module, 300, "en", FSN, "Old sickness (finding)", 1),
            (6, day, 0, module, 200, "en", FSN, "No longer said (disorder)", 1),
            ("broken line",),
        ),
        f"{there}_Relationship_Snapshot_US1000124_{day}.txt": rf2(
            (7, day, 1, module, 100, 200, 0, "116680003", 1, 1),
            (8, day, 1, module, 100, 900, 0, "363698007", 1, 1),
        ),
        f"{refset}/Language/der2_cRefset_LanguageSnapshot-en_US1000124_{day}.txt": rf2(
            ("a", day, 1, module, "900000000000509007", 2, preferred),
        ),
        f"{refset}/Content/der2_cRefset_AssociationSnapshot_US1000124_{day}.txt": rf2(
            ("b", day, 1, module, "900000000000526001", 300, 200),
        ),
        f"{refset}/Map/der2_iisssccRefset_ExtendedMapSnapshot_US1000124_{day}.txt": rf2(
            ("c", day, 1, module, "6011000124106", 100, 1, 1, "TRUE", "ALWAYS", "E11.9", 1, 1),
            ("d", day, 1, module, "6011000124106", 200, 1, 1, "IFA 1 |x|", "IF", "E11.8", 1, 1),
        ),
        f"Full/Terminology/sct2_Concept_Full_US1000124_{day}.txt": "the history, not read",
    }


class TestSnomedCt:
    def test_names_classes_and_state_of_the_snapshot(self, home: Home, inbox: Path) -> None:
        done = load_release(home, "snomedct", zipped(inbox / "edition.zip", snomed_package()))
        assert done.release == "2026-03-01 US1000124"
        assert displays(home, done) == {"100": "Sugar", "200": "Sickness", "300": "Old sickness"}
        states = {
            r["code"]: (r["concept_class"], r["is_active"]) for r in rows(home, done, "concepts")
        }
        assert states == {
            "100": ("disorder", True),
            "200": ("disorder", True),
            "300": ("finding", False),
        }
        assert done.rejected == 1

    def test_hierarchy_successors_and_the_map_to_icd10cm(self, home: Home, inbox: Path) -> None:
        done = load_release(home, "snomedct", zipped(inbox / "edition.zip", snomed_package()))
        relations = {
            (r["code"], r["relation"], r["target_code"]) for r in rows(home, done, "relations")
        }
        assert relations == {("100", "parent", "200"), ("300", "replaced-by", "200")}
        maps = {(r["source_code"], r["target_code"], r["rule"]) for r in rows(home, done, "maps")}
        assert maps == {("100", "E11.9", None), ("200", "E11.8", "IFA 1 |x|")}


class TestConceptMap:
    @staticmethod
    def concept_map(version: str, target: str) -> bytes:
        return orjson.dumps(
            {
                "resourceType": "ConceptMap",
                "url": "http://hospital.example/map",
                "version": version,
                "group": [
                    {
                        "source": "http://hospital.example/lab",
                        "target": "http://loinc.org",
                        "element": [
                            {
                                "code": "GLU",
                                "target": [
                                    {"code": target, "display": "Sugar", "equivalence": "wider"}
                                ],
                            },
                            {"code": "ODD", "target": [{"equivalence": "unmatched"}]},
                            {"target": [{"code": "no source", "equivalence": "equal"}]},
                        ],
                    }
                ],
            }
        )

    def test_targets_equivalences_and_what_has_no_target(self, home: Home, inbox: Path) -> None:
        file = inbox / "map.json"
        file.write_bytes(self.concept_map("1", "2345-7"))
        done = load_release(home, "conceptmap", file)
        assert (done.family, done.release) == ("conceptmap:http://hospital.example/map", "1")
        assert [
            (r["source_code"], r["target_code"], r["equivalence"]) for r in rows(home, done, "maps")
        ] == [("GLU", "2345-7", "wider"), ("ODD", None, "unmatched")]
        assert done.rejected == 1

    def test_maps_of_different_urls_are_used_side_by_side(self, home: Home, inbox: Path) -> None:
        first, second = inbox / "a.json", inbox / "b.json"
        first.write_bytes(self.concept_map("1", "2345-7"))
        second.write_bytes(self.concept_map("1", "2345-7").replace(b"/map", b"/other-map"))
        load_release(home, "conceptmap", first)
        load_release(home, "conceptmap", second)
        assert [one.is_current for one in list_releases(home)] == [True, True]


class TestPackagedIcd10Cm:
    """Codes that come with an installed package, without a download."""

    @pytest.fixture(scope="class")
    def packaged(self, tmp_path_factory: pytest.TempPathFactory) -> Home:
        home = Home(tmp_path_factory.mktemp("packaged"))
        ensure_icd10cm(home)
        return home

    def test_it_fills_the_same_tables_as_a_loaded_release(self, packaged: Home) -> None:
        (release,) = list_releases(packaged)
        assert (release.kind, release.is_current) == ("icd10cm", True)
        assert release.concepts > 90_000
        found = {row["code"]: row for row in rows(packaged, release, "concepts")}
        assert found["E11.65"]["is_selectable"]
        assert not found["E11"]["is_selectable"]
        assert "hyperglycemia" in str(found["E11.65"]["display"])
        # A seventh character makes a code; a block that is called like its category is none.
        assert found["S52.521A"]["is_selectable"] and not found["S52.521"]["is_selectable"]
        parents = {row["code"]: row["target_code"] for row in rows(packaged, release, "relations")}
        assert [parents.get(code) for code in ("E11.65", "E11.6", "E11", "B99")] == [
            "E11.6",
            "E11",
            None,
            None,
        ]
        assert set(parents.values()) <= set(found)

    def test_it_is_made_once(self, packaged: Home) -> None:
        files = list((packaged.terminology / "releases").rglob("*.parquet"))
        before = [file.stat().st_mtime_ns for file in files]
        ensure_icd10cm(packaged)
        assert [file.stat().st_mtime_ns for file in files] == before

    def test_a_release_that_somebody_loaded_goes_before_it_however_old(
        self, packaged: Home, tmp_path: Path
    ) -> None:
        home = Home(tmp_path / "home")
        shutil.copytree(packaged.terminology, home.terminology)
        file = tmp_path / "icd10cm-order-2019.txt"
        file.write_text(ORDER)
        loaded = load_release(home, "icd10cm", file)
        assert loaded.is_current
        current = {one.release: one.is_current for one in list_releases(home)}
        assert current.pop("2019")
        assert not any(current.values())

    def test_another_version_of_the_package_takes_its_place(
        self, packaged: Home, tmp_path: Path
    ) -> None:
        home = Home(tmp_path / "home")
        shutil.copytree(packaged.terminology, home.terminology)
        add_packaged(
            home,
            kind="icd10cm",
            release=lambda: "2031",
            file_name="a package 2",
            sha256="f" * 64,
            read=lambda out: out.concept("http://hl7.org/fhir/sid/icd-10-cm", "A00", "One"),
        )
        assert [(one.release, one.concepts) for one in list_releases(home)] == [("2031", 1)]


class TestKeeping:
    def cvx(self, inbox: Path, day: str) -> Path:
        file = inbox / "cvx.txt"
        file.write_text(f"03|MMR|mumps and others||Active|False|{day}\n")
        return file

    def test_loading_twice_changes_no_byte(self, home: Home, inbox: Path) -> None:
        file = self.cvx(inbox, "2020/06/02")
        load_release(home, "cvx", file)
        before = {
            path: (path.read_bytes(), path.stat().st_mtime_ns)
            for path in (home.terminology / "releases").rglob("*")
            if path.is_file()
        }
        again = load_release(home, "cvx", file)
        assert again.was_there
        assert before == {
            path: (path.read_bytes(), path.stat().st_mtime_ns)
            for path in (home.terminology / "releases").rglob("*")
            if path.is_file()
        }

    def test_the_file_is_kept_as_it_came(self, home: Home, inbox: Path) -> None:
        file = self.cvx(inbox, "2020/06/02")
        load_release(home, "cvx", file)
        kept = [path.read_bytes() for path in (home.terminology / "raw").iterdir()]
        assert file.read_bytes() in kept

    def test_newest_release_is_in_use_whatever_was_loaded_last(
        self, home: Home, inbox: Path
    ) -> None:
        load_release(home, "cvx", self.cvx(inbox, "2021/01/01"))
        older = load_release(home, "cvx", self.cvx(inbox, "2020/06/02"))
        assert not older.is_current
        assert [(one.release, one.is_current) for one in list_releases(home)] == [
            ("2021-01-01", True),
            ("2020-06-02", False),
        ]

    def test_a_person_may_choose_an_older_one(self, home: Home, inbox: Path) -> None:
        load_release(home, "cvx", self.cvx(inbox, "2021/01/01"))
        assert load_release(home, "cvx", self.cvx(inbox, "2020/06/02"), use=True).is_current
        use_release(home, "cvx", "2021-01-01")
        register = pq.read_table(home.terminology / "releases.parquet").to_pylist()
        assert {r["release"]: r["is_current"] for r in register} == {
            "2021-01-01": True,
            "2020-06-02": False,
        }
        with pytest.raises(TerminologyError, match="there is: 2021-01-01, 2020-06-02"):
            use_release(home, "cvx", "1999-01-01")

    @pytest.mark.parametrize("kind", ["icd10cm", "hcpcs", "cpt", "loinc", "rxnorm", "cvx"])
    def test_another_file_is_refused_and_leaves_nothing(
        self, home: Home, inbox: Path, kind: str
    ) -> None:
        file = inbox / "RXNCONSO.RRF"
        file.write_text("a letter\nto somebody\n")
        with pytest.raises(TerminologyError, match=r"letter|layout|no header|--release|holds no"):
            load_release(home, kind, file, release="1")
        assert list_releases(home) == []
        assert not list((home.terminology / "releases").glob("*/*"))

    def test_dbt_finds_every_table_before_anything_is_loaded(self, home: Home) -> None:
        ensure_tables(home)
        for table in ("concepts", "relations", "maps", "ndcs", "ingredients"):
            assert list((home.terminology / "releases").glob(f"*/*/{table}.parquet"))
        assert pq.read_table(home.terminology / "releases.parquet").num_rows == 0
