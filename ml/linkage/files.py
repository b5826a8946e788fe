"""Person records from any CSV or Parquet files, for measuring the model on data of other makers.

Here: which column is which field, how a file writes dates, several files of different shape.
Not here: the linkage; it is the one of the warehouse, trained anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ml.linkage.errors import LinkageError
from ml.linkage.normalise import macros

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
    ),
    "name": ("name", "full_name", "fullname", "person_name", "patient_name"),
    "middle": (
        "middle",
        "middle_name",
        "middlename",
        "midinit",
        "middle_initial",
        "mname",
        "fname_c2",
        "name_middle",
    ),
    "suffix": ("suffix", "name_suffix", "name_sufx_cd", "generation"),
    "former_family": (
        "former_family",
        "maiden_name",
        "maidenname",
        "former_name",
        "alias",
        "previous_surname",
        "other_family",
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
    ),
    "birth_year": ("birth_year", "by", "yob", "year_of_birth", "birthyear", "dob_year"),
    "birth_month": ("birth_month", "bm", "mob", "month_of_birth", "birthmonth", "dob_month"),
    "birth_day": ("birth_day", "bd", "day_of_birth", "birthday_day", "dob_day"),
    "sex": ("sex", "gender", "sex_code", "gender_code"),
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
    ),
    "email": ("email", "email_address", "e_mail", "mail"),
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
    ),
    "city": ("city", "suburb", "town", "locality", "birth_place", "city_name"),
    "state": ("state", "state_cd", "province", "region", "state_code"),
    "postal_code": (
        "postal_code",
        "postcode",
        "zip",
        "zip_code",
        "zipcode",
        "postcode_fake",
        "post_code",
    ),
    "member_id": ("member_id", "memberid", "insurance_id", "policy_number"),
    "attributes": ("attributes",),
}
_FIELD_OF = {alias: name for name, aliases in FIELDS.items() for alias in aliases}
_LISTS = {"phone", "email", "former_family", "member_id"}


@dataclass(frozen=True, slots=True)
class FileRecords:
    """Records as ``features.RECORD_SCHEMA`` wants them, and what the files say about the truth."""

    records: pa.Table
    truth: pa.Table | None
    attributes: int
    counts: dict[str, int] = field(default_factory=dict)


def guess_columns(columns: Sequence[str]) -> dict[str, list[str]]:
    """{field: columns} by the names that files usually give them."""
    found: dict[str, list[str]] = {}
    for column in columns:
        name = _FIELD_OF.get(column.strip().lower().replace(" ", "_").replace("-", "_"))
        if name and name != "attributes":
            found.setdefault(name, []).append(column)
    return found


def _as_list(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(v) for v in value] if isinstance(value, (list, tuple)) else [str(value)]


def _mapping(given: Mapping[str, Any] | None, name: str, columns: list[str]) -> dict[str, Any]:
    """{field: [columns], "date_order": …} for one file.

    `given` maps fields to columns (or columns to fields); under ``files`` it may hold the same for
    files whose name matches a pattern. Without it the columns' names decide.
    """
    if not given:
        return dict(guess_columns(columns))
    merged = {k: v for k, v in given.items() if k not in ("files", "columns")}
    if isinstance(given.get("columns"), Mapping):
        merged |= given["columns"]
    for pattern, more in (given.get("files") or {}).items():
        if fnmatch(name, pattern) or fnmatch(Path(name).name, pattern):
            merged |= more.get("columns", more)
    result: dict[str, Any] = {}
    own = {c.lower(): c for c in columns}
    for key, value in merged.items():
        if key in ("date_order", "date_format"):
            result["date_order"] = _order(value)
            continue
        if isinstance(value, Mapping):
            if order := value.get("order") or value.get("format"):
                result["date_order"] = _order(order)
            value = value.get("columns") or value.get("column")
        field_name = _FIELD_OF.get(str(key).lower())
        if field_name and (
            key not in columns
            or not isinstance(value, str)
            or value.lower() in own
            or _FIELD_OF.get(value.lower()) is None
        ):
            names = _as_list(value)
        elif isinstance(value, str) and (field_name := _FIELD_OF.get(value.lower())):
            names = [str(key)]
        else:
            raise LinkageError(
                f"the column map names a field {key!r} that does not exist; "
                f"fields are {', '.join(FIELDS)}"
            )
        present = [own[n.strip().lower()] for n in names if n.strip().lower() in own]
        if present:
            result[field_name] = result.get(field_name, []) + present
    return result


def _order(text: Any) -> str:
    """'dmy', 'mdy' or 'ymd' of an order or of a strftime format."""
    letters = "".join(c for c in str(text).lower().replace("b", "m") if c in "dmy")
    compact = "".join(dict.fromkeys(letters))
    return compact if compact in ("dmy", "mdy") else "ymd"


def _relation(path: Path) -> str:
    name = str(path).replace("'", "''")
    if path.suffix.lower() in (".parquet", ".pq"):
        return f"(select columns(*)::varchar from read_parquet('{name}'))"
    return (
        f"read_csv('{name}', all_varchar = true, header = true, null_padding = true, "
        "strict_mode = false, sample_size = -1)"
    )


def _infer_order(connection: duckdb.DuckDBPyConnection, column: str) -> str:
    """How dates whose year stands last are written: by what cannot be a month."""
    first, second = connection.execute(
        f"""
        select
            count(*) filter (where try_cast(split_part(d, '/', 1) as integer) > 12),
            count(*) filter (where try_cast(split_part(d, '/', 2) as integer) > 12)
        from (select regexp_replace(trim({column}), '[^0-9]+', '/', 'g') as d from raw)
        where regexp_matches(d, '^[0-9]{{1,2}}/[0-9]{{1,2}}/[0-9]{{2,4}}')
        """
    ).fetchone()
    return "dmy" if first > second else "mdy"


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
    connection = duckdb.connect()
    parts: list[pa.Table] = []
    counts: dict[str, int] = {}
    attributes = max(
        [len(_as_list((columns or {}).get("attributes")))]
        + [
            len(_as_list(more.get("attributes")))
            for more in ((columns or {}).get("files") or {}).values()
        ]
    )
    for number, path in enumerate(paths):
        if not path.is_file():
            raise LinkageError(f"{path} is not a file")
        try:
            connection.execute(f"create or replace temp table loaded as from {_relation(path)}")
        except duckdb.Error:
            relation = _relation(path).replace("all_varchar", "encoding = 'latin-1', all_varchar")
            connection.execute(f"create or replace temp table loaded as from {relation}")
        names = [row[0] for row in connection.execute("describe loaded").fetchall()]
        trimmed = ", ".join(
            f"nullif(trim({_quoted(n)}), '') as {_quoted(n.strip())}" for n in names
        )
        connection.execute(f"create or replace temp table raw as select {trimmed} from loaded")
        names = [n.strip() for n in names]
        by_lower = {n.lower(): n for n in names}
        if id_column.lower() not in by_lower:
            raise LinkageError(
                f"{path.name} has no column {id_column!r}; it has {', '.join(names)}"
            )
        mapping = _mapping(columns, path.name, names)
        if not (set(mapping) - {"date_order", "attributes"}):
            raise LinkageError(
                f"no column of {path.name} is known as a field of a person; name them in the map"
            )
        parts.append(
            connection.execute(
                _select(
                    connection,
                    mapping,
                    by_lower[id_column.lower()],
                    by_lower.get((truth_column or "").lower()),
                    truth_pattern,
                    attributes,
                    number,
                )
            ).to_arrow_table()
        )
        counts[path.name] = parts[-1].num_rows
    table = pa.concat_tables(parts, promote_options="permissive")
    ids = table.column("record_id").to_pylist()
    if len(set(ids)) != len(ids):
        files = table.column("file_number").to_pylist()
        ids = [f"{paths[f].name}#{i}" for f, i in zip(files, ids, strict=True)]
        if len(set(ids)) != len(ids):
            raise LinkageError(f"the values of {id_column!r} repeat within a file; name another")
        table = table.set_column(
            table.column_names.index("record_id"), "record_id", pa.array(ids, pa.string())
        )
    truth = None
    if truth_column:
        if pa.compute.all(pa.compute.is_null(table.column("person"))).as_py():
            raise LinkageError(f"no file has a column {truth_column!r} with values")
        truth = table.select(["record_id", "person"])
    return FileRecords(
        records=table.drop_columns(["person", "file_number"]),
        truth=truth,
        attributes=attributes,
        counts=counts,
    )


def _select(
    connection: duckdb.DuckDBPyConnection,
    mapping: dict[str, Any],
    id_column: str,
    truth_column: str | None,
    truth_pattern: str | None,
    attributes: int,
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
        order = mapping.get("date_order") or _infer_order(connection, birth)
        order = "dmy" if order == "dmy" else "mdy"
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
        f"({rules.person_letters(_quoted(c))})::varchar" for c in mapping.get("attributes", [])
    ]
    extra += ["null::varchar"] * (attributes - len(extra))
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


def read_pairs(path: Path) -> pa.Table:
    """Labelled pairs: record_id_l, record_id_r, is_match.

    The first two columns (or those that end in _l and _r) are the ids; a column called match,
    is_match, label, truth or clerical_match_score is the label, 1 or true meaning one person.
    Without such a column every listed pair is of one person.
    """
    with duckdb.connect() as connection:
        connection.execute(f"create temp table raw as from {_relation(path)}")
        names = [row[0] for row in connection.execute("describe raw").fetchall()]
        if len(names) < 2:
            raise LinkageError(f"{path.name} must have a column for each record of the pair")
        left = next((n for n in names if n.endswith("_l") and "source" not in n), names[0])
        right = next((n for n in names if n.endswith("_r") and "source" not in n), names[1])
        label = next(
            (
                n
                for n in names
                if n.lower()
                in ("match", "is_match", "label", "truth", "clerical_match_score", "same")
            ),
            None,
        )
        is_match = (
            f"lower(trim({_quoted(label)})) in ('1', '1.0', 'true', 't', 'yes', 'y', 'match')"
            if label
            else "true"
        )
        return connection.execute(
            f"""
            select
                trim({_quoted(left)}) as record_id_l,
                trim({_quoted(right)}) as record_id_r,
                {is_match} as is_match
            from raw
            """
        ).to_arrow_table()
