"""Person records from any CSV or Parquet files, for measuring the model on data of other makers.

Here: which column is which field, how a file writes dates, several files of different shape.
Not here: the linkage; it is the one of the warehouse, trained anew.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ml.linkage.errors import LinkageError
from ml.linkage.normalise import macros
from ml.linkage.session import session
from ml.linkage.tables import date_form, key_of, read_table

__all__ = ["FIELDS", "FileRecords", "guess_columns", "read_files", "read_pairs"]

# Our fields and the names that files give them. The first is the field's own name.
FIELDS: dict[str, tuple[str, ...]] = {
    "given": (
        "given",
        "given_name",
        "givenname",
        "first_name",
        "firstname",
        "forename",
        "fname",
        "fname_c1",
        "first",
        "forename1",
        "name_first",
        "prenom",
        "vorname",
        "given_names",
        "christian_name",
        "first_nm",
        "fst_name",
        "nombre",
        "voornaam",
        "nome",
        "fornamn",
        "rufname",
        "forenames",
        "preferred_name",
        "nm_first",
    ),
    "family": (
        "family",
        "family_name",
        "surname",
        "last_name",
        "lastname",
        "lname",
        "lname_c1",
        "last",
        "name_last",
        "nom",
        "nachname",
        "family_nm",
        "last_nm",
        "lst_name",
        "sur_name",
        "apellido",
        "apellidos",
        "achternaam",
        "cognome",
        "efternamn",
        "familienname",
        "nm_last",
    ),
    "name": (
        "name",
        "full_name",
        "fullname",
        "person_name",
        "patient_name",
        "first_and_surname",
        "name_full",
        "display_name",
        "complete_name",
        "names",
        "patient",
        "name_of_patient",
    ),
    "middle": (
        "middle",
        "middle_name",
        "middlename",
        "midinit",
        "middle_initial",
        "mname",
        "fname_c2",
        "name_middle",
        "midl_name",
        "middle_initials",
        "middle_nm",
        "mi",
        "second_name",
        "second_given_name",
        "mid_name",
        "middle_names",
    ),
    "suffix": (
        "suffix",
        "name_suffix",
        "name_sufx_cd",
        "generation",
        "sufx",
        "name_sufx",
        "sfx",
        "name_suffix_lbl",
    ),
    "former_family": (
        "former_family",
        "maiden_name",
        "maidenname",
        "former_name",
        "alias",
        "previous_surname",
        "other_family",
        "maiden",
        "birth_name",
        "previous_name",
        "mothers_maiden_name",
        "former_surname",
        "geburtsname",
    ),
    "birth_date": (
        "birth_date",
        "birthdate",
        "dob",
        "date_of_birth",
        "dateofbirth",
        "born",
        "birth",
        "birthday",
        "birth_dt",
        "dt_birth",
        "date_birth",
        "d_o_b",
        "bdate",
        "bday",
        "birthdt",
        "geburtsdatum",
        "fecha_nacimiento",
        "fecha_de_nacimiento",
        "date_naissance",
        "date_de_naissance",
        "geboortedatum",
        "data_di_nascita",
    ),
    "birth_year": (
        "birth_year",
        "by",
        "yob",
        "year_of_birth",
        "birthyear",
        "dob_year",
        "year",
        "geburtsjahr",
        "birthyr",
        "birth_yr",
        "annee_naissance",
    ),
    "birth_month": (
        "birth_month",
        "bm",
        "mob",
        "month_of_birth",
        "birthmonth",
        "dob_month",
        "month",
        "geburtsmonat",
        "birth_mth",
    ),
    "birth_day": (
        "birth_day",
        "bd",
        "day_of_birth",
        "birthday_day",
        "dob_day",
        "day",
        "geburtstag",
    ),
    "sex": (
        "sex",
        "gender",
        "sex_code",
        "gender_code",
        "sex_at_birth",
        "administrative_gender",
        "birth_sex",
        "geschlecht",
        "sexo",
        "sexe",
        "gndr",
    ),
    "ssn": (
        "ssn",
        "soc_sec_id",
        "social_security_number",
        "national_id",
        "nin",
        "nhs_number",
        "ssn_last4",
        "ssid",
        "insurance_number",
        "ss_number",
        "soc_sec",
        "social_security",
        "social_security_no",
        "nino",
        "sin",
        "tax_id",
        "nhs_no",
        "medicare_number",
        "curp",
        "pesel",
        "passport",
        "drivers_license",
        "driver_license",
    ),
    "phone": (
        "phone",
        "phone_number",
        "telephone",
        "tel",
        "mobile",
        "phone1",
        "home_phone",
        "phone2",
        "cell",
        "mobile_number",
        "landline",
        "phone_no",
        "phone_num",
        "full_phone_number",
        "full_phone_num",
        "home_phone_number",
        "work_phone",
        "cell_phone",
        "mobile_phone",
        "contact_number",
        "telephone_number",
        "phone_home",
        "telefon",
        "telefono",
        "tel_no",
        "phone_3",
        "ph",
    ),
    "email": (
        "email",
        "email_address",
        "e_mail",
        "mail",
        "mail_address",
        "emailaddr",
        "contact_email",
        "email1",
        "courriel",
        "correo",
    ),
    "address": (
        "address",
        "street",
        "address_line",
        "address1",
        "address_1",
        "street_address",
        "addr",
        "address_line_1",
        "line1",
        "street_number",
        "street_no",
        "street_num",
        "house_number",
        "house_num",
        "house_no",
        "half_code",
        "street_name",
        "street_dir",
        "street_type",
        "street_type_cd",
        "res_street_address",
        "residential_address",
        "home_address",
        "mailing_address",
        "addr1",
        "address_street",
        "add1",
        "strasse",
        "direccion",
        "adresse",
        "unit_num",
        "full_address",
        "street1",
    ),
    "city": (
        "city",
        "suburb",
        "town",
        "locality",
        "city_name",
        "res_city",
        "res_city_desc",
        "municipality",
        "ort",
        "stadt",
        "ciudad",
        "ville",
        "place",
        "residence_city",
        "post_town",
    ),
    "state": (
        "state",
        "state_cd",
        "province",
        "region",
        "state_code",
        "res_state",
        "state_abbr",
        "bundesland",
        "st",
        "state_province",
        "territory",
    ),
    "postal_code": (
        "postal_code",
        "postcode",
        "zip",
        "zip_code",
        "zipcode",
        "postcode_fake",
        "post_code",
        "zip5",
        "res_zip",
        "postal",
        "plz",
        "post_cd",
        "zip_cd",
        "codigo_postal",
        "code_postal",
        "pcode",
    ),
    "member_id": (
        "member_id",
        "memberid",
        "insurance_id",
        "policy_number",
        "insurance_no",
        "policy_no",
        "policy_id",
        "subscriber_id",
        "medicaid_id",
        "health_card_number",
        "beneficiary_id",
        "hicn",
        "mbi",
    ),
    "attributes": (
        "attributes",
        "address_2",
        "address2",
        "address_line_2",
        "occupation",
        "profession",
        "job",
        "birth_place",
        "birthplace",
        "place_of_birth",
        "country",
        "country_of_birth",
        "birth_state",
        "county",
        "county_desc",
        "county_name",
        "race",
        "race_code",
        "ethnicity",
        "ethnic_code",
        "marital_status",
        "marital",
        "religion",
        "language",
        "nationality",
        "employer",
        "company",
    ),
}
_FIELD_OF = {key_of(alias): name for name, aliases in FIELDS.items() for alias in aliases}
# What makers put around a field's name: whose it is before it, how it was treated after it.
_BEFORE = re.compile(
    r"^(patient|pat|pt|person|member|client|customer|cust|voter|resident|res|subject|applicant|"
    r"current|primary|legal|raw|std|clean|pers|beneficiary|bene|student|contact|home)(?=[a-z])"
)
_AFTER = re.compile(r"(code|cd|desc|text|txt|raw|std|clean|cleaned|value|orig|c?[0-9]+|[alr])$")
_WHOLE_ADDRESS = {"resstreetaddress", "residentialaddress", "homeaddress", "mailingaddress",
                  "fulladdress"}  # fmt: skip
_ADDRESS_PARTS = {"streetnumber", "streetno", "streetnum", "housenumber", "housenum", "houseno",
                  "halfcode", "streetname", "streetdir", "streettype", "streettypecd",
                  "unitnum"}  # fmt: skip
_BIRTHPLACES = {"birthplace", "placeofbirth"}


@dataclass(frozen=True, slots=True)
class FileRecords:
    """Records as ``features.RECORD_SCHEMA`` wants them, and what the files say about the truth."""

    records: pa.Table
    truth: pa.Table | None
    attributes: int
    counts: dict[str, int] = field(default_factory=dict)


def _field_of(column: str) -> str | None:
    """The field that a column's name means: as it is, else without what makers put around it."""
    key = key_of(column)
    bare = _BEFORE.sub("", key)
    for form in (key, bare, _AFTER.sub("", key), _AFTER.sub("", bare)):
        if form in _FIELD_OF:
            return _FIELD_OF[form]
    return None


def guess_columns(columns: Sequence[str]) -> dict[str, list[str]]:
    """{field: columns} by the names that files usually give them.

    A name that says it plainly goes before one that needs something taken off.
    """
    found: dict[str, list[str]] = {}
    for plain in (True, False):
        taken = set(found)
        for column in columns:
            name = _field_of(column)
            if name is None or (key_of(column) in _FIELD_OF) != plain:
                continue
            if plain or name not in taken or name == "attributes":
                found.setdefault(name, []).append(column)
    # A whole address and its parts say the same.
    whole = [c for c in found.get("address", []) if key_of(c) in _WHOLE_ADDRESS]
    if whole and any(key_of(c) in _ADDRESS_PARTS for c in found["address"]):
        found["address"] = whole[:1]
    # Where somebody was born stands for where they live only if nothing else does.
    born = [c for c in found.get("attributes", []) if key_of(c) in _BIRTHPLACES][:1]
    if born and "city" not in found:
        found["city"] = born
        found["attributes"] = [c for c in found["attributes"] if c not in born]
    return {name: chosen for name, chosen in found.items() if chosen}


def _as_list(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(v) for v in value] if isinstance(value, (list, tuple)) else [str(value)]


def _mapping(
    given: Mapping[str, Any] | None, name: str, columns: list[str], used: set[str]
) -> dict[str, Any]:
    """{field: [columns], "date_order": …} for one file.

    `given` maps fields to columns (or columns to fields); under ``files`` it may hold the same for
    files whose name matches a pattern. Without it the columns' names decide. The columns that the
    map names are added to `used`, those that this file lacks with a ``?`` before them.
    """
    if not given:
        return dict(guess_columns(columns))
    merged = {k: v for k, v in given.items() if k not in ("files", "columns", "header")}
    if isinstance(given.get("columns"), Mapping):
        merged |= given["columns"]
    for pattern, more in (given.get("files") or {}).items():
        if fnmatch(name, pattern) or fnmatch(Path(name).name, pattern):
            merged |= more.get("columns", more)
    result: dict[str, Any] = {}
    own = {key_of(c): c for c in columns} | {c.lower(): c for c in columns}

    def column_of(text: str) -> str | None:
        return own.get(text.strip().lower()) or own.get(key_of(text) or text)

    for key, value in merged.items():
        if value is None:
            continue
        if key in ("date_order", "date_format"):
            result["date_order"] = str(value)
            continue
        if isinstance(value, Mapping):
            if order := value.get("order") or value.get("format"):
                result["date_order"] = str(order)
            value = value.get("columns") or value.get("column")
        field_name = _FIELD_OF.get(key_of(str(key)))
        names = _as_list(value)
        # Written the other way round: column to field.
        other = _FIELD_OF.get(key_of(value)) if isinstance(value, str) else None
        if other and (field_name is None or (not column_of(value) and column_of(str(key)))):
            field_name, names = other, [str(key)]
        if field_name is None:
            raise LinkageError(
                f"the column map names a field {key!r} that does not exist; "
                f"fields are {', '.join(FIELDS)}"
            )
        for each in names:
            column = column_of(each)
            used.add(each if column else f"?{each}")
            if column:
                result.setdefault(field_name, []).append(column)
    return result


def _quoted(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def read_files(
    paths: Sequence[Path],
    *,
    id_column: str,
    truth_column: str | None = None,
    truth_pattern: str | None = None,
    columns: Mapping[str, Any] | None = None,
) -> FileRecords:
    """Read and normalise person files.

    Args:
        paths: CSV or Parquet; the files may have different columns and date formats.
        id_column: the column that identifies a row; where ids repeat between files the file's
            name is put before them.
        truth_column: the column whose value is the same for records of one person.
        truth_pattern: a regular expression whose first group is that value.
        columns: which column is which field; by their names if not given.

    Raises:
        LinkageError: a file lacks the id column, or nothing in it can be compared.
    """
    if columns is not None and not isinstance(columns, Mapping):
        raise LinkageError("the column map is expected to be `field: column`, one a line")
    read: list[tuple[str, pa.Table, dict[str, Any], str, str | None]] = []
    slots: list[str] = []
    used: set[str] = set()
    for path in paths:
        raw = read_table(
            path, wanted=[id_column, truth_column or ""], header=(columns or {}).get("header")
        )
        names = raw.column_names
        own_id = _named(names, id_column)
        if own_id is None:
            raise LinkageError(
                f"{path.name} has no column {id_column!r}; it has {', '.join(names)}"
            )
        own_truth = _named(names, truth_column) if truth_column else None
        # What says who is who must not be compared.
        free = [n for n in names if n not in (own_id, own_truth)]
        mapping = _mapping(columns, path.name, free, used)
        if not (set(mapping) - {"date_order", "attributes"}):
            raise LinkageError(
                f"no column of {path.name} is known as a field of a person; name them in the map "
                f"(its columns are {', '.join(free)})"
            )
        # A further field is the same in two files by its place in the map, or else by its name.
        mapping["slots"] = {
            str(place) if columns else key_of(column): column
            for place, column in enumerate(mapping.get("attributes", []))
        }
        slots += [slot for slot in mapping["slots"] if slot not in slots]
        read.append((path.name, raw, mapping, own_id, own_truth))
    if missing := sorted(u[1:] for u in used if u.startswith("?") and u[1:] not in used):
        raise LinkageError(f"the column map names columns that no file has: {', '.join(missing)}")
    parts: list[pa.Table] = []
    counts: dict[str, int] = {}
    attributes = len(slots)
    with session() as connection:
        for number, (name, raw, mapping, own_id, own_truth) in enumerate(read):
            mapping["attributes"] = [mapping["slots"].get(slot) for slot in slots]
            if "birth_date" in mapping:
                raw = _with_dates(raw, mapping)
            connection.register("raw", raw)
            parts.append(
                connection.execute(
                    _select(mapping, own_id, own_truth, truth_pattern, number)
                ).to_arrow_table()
            )
            connection.unregister("raw")
            counts[name] = counts.get(name, 0) + parts[-1].num_rows
    table = pa.concat_tables(parts, promote_options="permissive")
    ids = table.column("record_id").to_pylist()
    if len(set(ids)) != len(ids):
        files = table.column("file_number").to_pylist()
        if len(paths) > 1:
            labels = [p.name for p in paths]
            if len(set(labels)) != len(labels):
                labels = [f"{number + 1}:{label}" for number, label in enumerate(labels)]
            ids = [f"{labels[f]}#{i}" for f, i in zip(files, ids, strict=True)]
        # A value that repeats within a file cannot tell its rows apart; their order can.
        seen: Counter[str] = Counter()
        for place, each in enumerate(ids):
            seen[each] += 1
            if seen[each] > 1:
                ids[place] = f"{each}#{seen[each]}"
        table = table.set_column(
            table.column_names.index("record_id"), "record_id", pa.array(ids, pa.string())
        )
    truth = None
    if truth_column:
        if pc.all(pc.is_null(table.column("person"))).as_py():
            raise LinkageError(f"no file has a column {truth_column!r} with values")
        truth = table.select(["record_id", "person"])
        person = truth.column("person").to_pylist()
        if truth_pattern is None and len(set(person)) == len(person):
            truth = _febrl_truth(truth)
    return FileRecords(
        records=table.drop_columns(["person", "file_number"]),
        truth=truth,
        attributes=attributes,
        counts=counts,
    )


def _named(names: Sequence[str], column: str) -> str | None:
    """The column of that name, whatever its case, spaces and punctuation."""
    wanted = column.strip()
    for form in (str, str.lower, key_of):
        if form(wanted) and (found := [n for n in names if form(n) == form(wanted)]):
            return found[0]
    return None


def _febrl_truth(truth: pa.Table) -> pa.Table:
    """FEBRL names the person in the record's own id: rec-12-org, rec-12-dup-0."""
    person = truth.column("person").to_pylist()
    found = [re.match(r"(rec-\d+)-(org|dup)", p or "") for p in person]
    if sum(f is not None for f in found) < 0.9 * len(found):
        return truth
    named = pa.array([f[1] if f else None for f in found], pa.string())
    return pa.table({"record_id": truth.column("record_id"), "person": named})


def _with_dates(raw: pa.Table, mapping: dict[str, Any]) -> pa.Table:
    """`raw` with its birth dates as ``person_birth_digits`` reads them; sets their order."""
    column = mapping["birth_date"][0]
    values = raw.column(column).to_pylist()
    form = date_form(values, mapping.get("date_order"))
    mapping["date_order"] = form.order
    if form.rewrite is None:
        return raw
    known = {v: form.rewrite(v) for v in set(values) if v}
    written = pa.array([known.get(v) for v in values], pa.string())
    return raw.set_column(raw.column_names.index(column), column, written)


def _select(
    mapping: dict[str, Any],
    id_column: str,
    truth_column: str | None,
    truth_pattern: str | None,
    number: int,
) -> str:
    rules = macros()

    def first(name: str) -> str | None:
        return _quoted(mapping[name][0]) if name in mapping else None

    def joined(name: str) -> str | None:
        if name not in mapping:
            return None
        return f"nullif(concat_ws(' ', {', '.join(map(_quoted, mapping[name]))}), '')"

    given, family, middle = first("given"), first("family"), first("middle")
    if (name := first("name")) and not (given and family):
        # "Family, Given Middle", else the last word is the family name.
        rest = f"trim(split_part({name}, ',', 2))"
        comma = f"contains({name}, ',')"
        given = given or (
            f"case when {comma} then split_part({rest}, ' ', 1) else split_part({name}, ' ', 1) end"
        )
        family = family or (
            f"case when {comma} then split_part({name}, ',', 1) "
            f"when contains({name}, ' ') then split_part({name}, ' ', -1) end"
        )
    if birth := first("birth_date"):
        order = "dmy" if mapping.get("date_order") == "dmy" else "mdy"
        birth_key = rules.person_birth_key(f"({rules.person_birth_digits(birth, order)})")
    elif year := first("birth_year"):
        month, day = first("birth_month"), first("birth_day")
        digits = f"lpad({year}, 4, '0')"
        if month:
            digits += f" || coalesce(lpad({month}, 2, '0'), '')"
            if day:
                digits += (
                    f" || case when {month} is null then ''"
                    f" else coalesce(lpad({day}, 2, '0'), '') end"
                )
        birth_key = rules.person_birth_key(f"({digits})")
    else:
        birth_key = "null"

    def listed(name: str, rule: Any) -> str:
        if name not in mapping:
            return "null::varchar[]"
        values = ", ".join(rule(_quoted(c)) for c in mapping[name])
        return f"list_filter([{values}], lambda x: x is not null)"

    def text(expression: str | None, rule: Any) -> str:
        return f"({rule(expression)})::varchar" if expression else "null::varchar"

    member = lambda c: f"upper(regexp_replace({c}, '[^A-Za-z0-9]+', '', 'g'))"  # noqa: E731
    extra = [
        f"({rules.person_letters(_quoted(c))})::varchar" if c else "null::varchar"
        for c in mapping.get("attributes", [])
    ]
    truth = _quoted(truth_column) if truth_column else "null"
    if truth_column and truth_pattern:
        pattern = truth_pattern.replace("'", "''")
        truth = f"nullif(regexp_extract({truth}, '{pattern}', 1), '')"
    suffix = rules.person_suffix(first("suffix") or "null::varchar", family or "null::varchar")
    return f"""
        select
            {number} as file_number,
            {_quoted(id_column)}::varchar as record_id,
            ({truth})::varchar as person,
            'file {number + 1}' as source_system,
            {text(given, rules.person_given)} as given,
            {text(family, rules.person_family)} as family,
            {text(middle, rules.person_name)} as middle,
            ({suffix})::varchar as suffix,
            {listed("former_family", rules.person_family)} as other_families,
            ({birth_key})::varchar as birth_key,
            {text(first("sex"), rules.person_sex)} as sex,
            {text(first("ssn"), rules.person_ssn)} as ssn,
            {listed("phone", rules.person_phone)} as phones,
            {listed("email", rules.person_email)} as emails,
            {text(joined("address"), rules.person_address)} as address,
            {text(first("city"), rules.person_name)} as city,
            {text(first("state"), rules.person_letters)} as state,
            {text(first("postal_code"), rules.person_postal_code)} as postal_code,
            {listed("member_id", member)} as member_ids,
            [{", ".join(extra)}]::varchar[] as attributes
        from raw
        where {_quoted(id_column)} is not null
    """


_LABELS = {key_of(n) for n in (
    "match", "is_match", "label", "truth", "clerical_match_score", "same", "is_dup", "duplicate",
    "is_duplicate", "class", "gold", "target", "matched", "status", "score", "outcome", "y",
    "is_same", "same_person", "link", "linked", "decision", "result", "value",
)}  # fmt: skip
_YES = {"true", "t", "yes", "y", "m", "p", "positive", "match", "matched", "same", "dup", "link",
        "duplicate", "linked", "sameperson", "ismatch"}  # fmt: skip
_NO = {"false", "f", "no", "n", "u", "negative", "nonmatch", "nomatch", "notmatch", "unmatched",
       "different", "distinct", "notlinked", "donotlink", "nonlink", "notamatch", "notduplicate",
       "nonduplicate", "unmatch", "nonmatched"}  # fmt: skip


def _is_match(text: str | None) -> bool | None:
    """What a label says: a word, or a score of which half and more is a match; null: nothing."""
    if text is None:
        return None
    try:
        return float(text) >= 0.5
    except ValueError:
        word = key_of(text)
        return True if word in _YES else False if word in _NO else None


def read_pairs(path: Path, *, record_ids: Iterable[str] | None = None) -> pa.Table:
    """Labelled pairs: record_id_l, record_id_r, is_match.

    The ids are in the columns that end in _l and _r, _a and _b or _1 and _2, else in the first two.
    The label is in a column called match, label, truth and the like, or in one that says nothing
    but yes and no. Without a label every listed pair is of one person.

    Args:
        record_ids: the records' ids: they tell whether there is a header, and, where the ids of two
            files repeat, which file an id is of (the left one of the first, the right of the last).

    Raises:
        LinkageError: less than two columns, labels that nobody can read, or no pair of known ids.
    """
    known = set(record_ids or ())
    files = sorted({each.split("#", 1)[0] for each in known if "#" in each})

    def placed(value: str | None, names: Sequence[str]) -> str | None:
        if value is None or not known or value in known:
            return value
        return next((f"{n}#{value}" for n in names if f"{n}#{value}" in known), value)

    raw = read_table(path, header=False)
    if raw.num_columns < 2:
        raise LinkageError(f"{path.name} must have a column for each record of the pair")
    if sum(placed(c[0].as_py(), files) in known for c in raw.columns) < 2:
        raw = read_table(path, header=True)
    names = raw.column_names
    left, right = names[0], names[1]
    for one, other in (("l", "r"), ("left", "right"), ("a", "b"), ("1", "2")):
        for name in names:
            ends = re.search(rf"(^|[^a-z0-9]|id|rec|record){one}$", name.lower())
            if not ends or "source" in name.lower() or name.startswith("column_"):
                continue
            stem = name[: len(name) - len(one)].lower()
            if twin := next((n for n in names if n.lower() == stem + other), None):
                left, right = name, twin
                break
        else:
            continue
        break
    rest = [n for n in names if n not in (left, right)]
    label = next((n for n in rest if key_of(n) in _LABELS), None) or next(
        (n for n in rest if _says_yes_and_no(raw.column(n).to_pylist())), None
    )
    labels = [_is_match(v) for v in raw.column(label).to_pylist()] if label else None
    if labels and all(each is None for each in labels):
        raise LinkageError(
            f"no label in column {label!r} of {path.name} is readable; write 1 and 0, or match "
            "and non-match"
        )
    lefts = [placed(v, files) for v in raw.column(left).to_pylist()]
    rights = [placed(v, files[::-1]) for v in raw.column(right).to_pylist()]
    if known and not any(a in known and b in known for a, b in zip(lefts, rights, strict=True)):
        raise LinkageError(
            f"no pair of {path.name} names two records of the files "
            f"(looked in columns {left!r} and {right!r})"
        )
    table = pa.table(
        {
            "record_id_l": pa.array(lefts, pa.string()),
            "record_id_r": pa.array(rights, pa.string()),
            "is_match": pa.array(labels or [True] * len(lefts), pa.bool_()),
        }
    )
    return table.filter(pc.is_valid(table.column("is_match")))


def _says_yes_and_no(values: Sequence[str | None]) -> bool:
    return len(set(values)) <= 2 and all(_is_match(v) is not None for v in set(values))
