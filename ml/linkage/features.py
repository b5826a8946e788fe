"""Person records prepared for comparison.

Here: the columns that the comparisons and the blocking rules read, made from normalised records in
SQL. Not here: normalisation (``dbt_project/macros/person.sql``).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pyarrow as pa

from ml.linkage.errors import LinkageError

__all__ = [
    "RECORD_SCHEMA",
    "add_frequencies",
    "conform",
    "find_common",
    "find_frequencies",
    "make_features",
    "prepare",
]

SEEDS = Path(__file__).resolve().parents[2] / "seeds" / "identity"

_TEXTS = pa.list_(pa.string())

# What `link` reads: normalised by `macros/person.sql`; every column but the first may be missing.
RECORD_SCHEMA = pa.schema(
    [
        ("record_id", pa.string()),
        ("source_system", pa.string()),
        ("id_authority", pa.string()),
        ("id_value", pa.string()),
        ("arrived_at", pa.timestamp("us")),
        ("family", pa.string()),
        ("given", pa.string()),
        ("middle", pa.string()),
        ("suffix", pa.string()),
        ("other_families", _TEXTS),
        ("other_givens", _TEXTS),
        ("birth_key", pa.string()),
        ("other_birth_keys", _TEXTS),
        ("sex", pa.string()),
        ("ssn", pa.string()),
        ("phones", _TEXTS),
        ("emails", _TEXTS),
        ("address", pa.string()),
        ("other_addresses", _TEXTS),
        ("city", pa.string()),
        ("state", pa.string()),
        ("postal_code", pa.string()),
        ("member_ids", _TEXTS),
        ("attributes", pa.list_(pa.string())),
    ]
)

# A value shared by so many differently named people identifies nobody (a ward's telephone, a
# default e-mail address): (column, how many names at most).
_SHARED_BY_AT_MOST = {"ssn": 12, "phones": 25, "emails": 25, "member_ids": 25}


def conform(records: pa.Table) -> pa.Table:
    """`records` with exactly the columns of ``RECORD_SCHEMA``.

    Raises:
        LinkageError: no ``record_id``, or one that is null or repeated.
    """
    if "record_id" not in records.column_names:
        raise LinkageError("person records need a column record_id; name it in the query")
    columns = []
    for name, kind in zip(RECORD_SCHEMA.names, RECORD_SCHEMA.types, strict=True):
        if name in records.column_names:
            columns.append(records.column(name).cast(kind))
        else:
            columns.append(pa.nulls(records.num_rows, kind))
    table = pa.table(columns, schema=RECORD_SCHEMA)
    ids = table.column("record_id")
    if ids.null_count or len(ids.unique()) != len(ids):
        raise LinkageError("record_id must be unique and never null; deduplicate the input first")
    return table


def _vocabulary(connection: duckdb.DuckDBPyConnection) -> None:
    for name in ("nicknames", "placeholder_values"):
        with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        connection.register(f"{name}_rows", pa.Table.from_pylist(rows))
        connection.execute(f"create or replace temp table {name} as select * from {name}_rows")
        connection.unregister(f"{name}_rows")


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Make table ``prepared`` from table ``fresh_records``: placeholders gone, middle names found.

    ``fresh_records`` has ``uid``, ``sig`` and the columns of ``RECORD_SCHEMA``.
    """
    _vocabulary(connection)
    connection.execute(
        """
        create or replace temp table prepared as
        with known as (
            select
                * replace (
                    case
                        when given in (
                            select p.placeholder from placeholder_values as p
                            where p.field = 'given'
                        ) then null
                        when family = 'DOE' and given in ('JOHN', 'JANE') then null
                        else given
                    end as given,
                    case
                        when family in (
                            select p.placeholder from placeholder_values as p
                            where p.field = 'family'
                        ) then null
                        when family = 'DOE' and given in ('JOHN', 'JANE') then null
                        else family
                    end as family,
                    case
                        when middle in (
                            select p.placeholder from placeholder_values as p
                            where p.field = 'middle'
                        ) then null
                        else middle
                    end as middle,
                    case
                        when city in (
                            select p.placeholder from placeholder_values as p
                            where p.field = 'city'
                        ) then null
                        else city
                    end as city
                )
            from fresh_records
        )

        -- "MARY ANN" in the field of the first name: the rest may be the middle name.
        select
            *,
            coalesce(middle, case when given like '% %' then split_part(given, ' ', 2) end)
                as middle_name
        from known
        """
    )


def find_common(connection: duckdb.DuckDBPyConnection) -> None:
    """Make table ``common_values`` (field, value): what so many share that it identifies nobody."""
    connection.execute("create or replace temp table common_values (field text, value text)")
    for column, names in _SHARED_BY_AT_MOST.items():
        value = column if column == "ssn" else f"unnest({column})"
        connection.execute(
            f"""
            insert into common_values
            select '{column}', value
            from (
                select {value} as value, given, family
                from prepared
                where {column} is not null
            )
            group by value
            having count(distinct coalesce(given, '') || '|' || coalesce(family, '')) > {names}
            """
        )
    connection.execute(
        """
        insert into common_values
        with births as (
            select birth_key, count(*) as n
            from prepared
            where length(birth_key) = 8
            group by birth_key
        )

        select 'birth', birth_key
        from births
        where n > greatest(25, 40 * (select median(b.n) from births as b))
        """
    )


def make_features(connection: duckdb.DuckDBPyConnection, *, attributes: int = 0) -> None:
    """Make table ``fresh_features`` (one row per record) from ``prepared`` and ``common_values``.

    `attributes` is the number of further fields in the column ``attributes`` (files with columns
    that we have no name for).
    """
    for column in _SHARED_BY_AT_MOST:
        _forget_common(connection, column)
    extra = "".join(f",\n    attributes[{i + 1}] as attribute_{i + 1}" for i in range(attributes))
    connection.execute(
        f"""
        create or replace temp table fresh_features as
        with nicks as (
            select short_form, list(full_form order by full_form) as full_forms
            from nicknames
            group by short_form
        ),

        births as (
            select value
            from common_values
            where field = 'birth'
        ),

        names as (
            select unnest([replace(given, ' ', ''), replace(family, ' ', '')]) as name
            from prepared
        ),

        -- A few thousand names are borne by all.
        sounds as materialized (
            select name, {_sound("name")} as sound
            from names
            where name is not null
            group by name
        )

        select
            p.uid,
            p.sig,
            p.record_id,
            p.source_system,
            p.id_authority,
            replace(p.given, ' ', '') as given,
            replace(p.family, ' ', '') as family,
            list_sort(list_distinct(list_filter(
                [replace(p.given, ' ', ''), split_part(p.given, ' ', 1)]
                || coalesce(n.full_forms, [])
                || list_transform(
                    coalesce(p.other_givens, []), lambda x: replace(x, ' ', '')),
                lambda x: length(x) > 1))) as given_forms,
            list_sort(list_distinct(list_filter(
                [replace(p.family, ' ', '')]
                || list_filter(
                    string_split(coalesce(p.family, ''), ' '), lambda x: length(x) > 3)
                || list_transform(
                    coalesce(p.other_families, []), lambda x: replace(x, ' ', '')),
                lambda x: length(x) > 1))) as family_forms,
            replace(p.middle_name, ' ', '') as middle,
            p.suffix,
            case when c.value is null then p.birth_key end as birth,
            case when c.value is null then try_strptime(p.birth_key, '%Y%m%d')::date end as born,
            {_list_or_null("[case when c.value is null then p.birth_key end], p.other_birth_keys")}
                as births,
            p.sex,
            case when length(p.ssn) > 4 then p.ssn end as ssn,
            right(p.ssn, 4) as ssn4,
            {_list_or_null("p.phones")} as phones,
            {_list_or_null("p.emails")} as emails,
            list_sort(p.emails)[1] as email,
            split_part(list_sort(p.emails)[1], '@', 1) as mailbox,
            p.address,
            coalesce(regexp_extract(p.address, '^[0-9]*'), '') as house,
            {_list_or_null("[p.address], p.other_addresses")} as addresses,
            p.postal_code as postal,
            replace(p.city, ' ', '') as city,
            p.state,
            given_sounds.sound as given_sound,
            family_sounds.sound as family_sound,
            {_list_or_null("p.member_ids")} as members{extra}
        from prepared as p
        left join nicks as n on split_part(p.given, ' ', 1) = n.short_form
        left join births as c on p.birth_key = c.value
        left join sounds as given_sounds on replace(p.given, ' ', '') = given_sounds.name
        left join sounds as family_sounds on replace(p.family, ' ', '') = family_sounds.name
        """
    )


def find_frequencies(connection: duckdb.DuckDBPyConnection, fields: Iterable[str]) -> None:
    """Make table ``frequencies`` (field, value, frequency): the share of each value of `fields`."""
    connection.execute(
        "create or replace temp table frequencies (field text, value text, frequency double)"
    )
    for field in fields:
        connection.execute(
            f"""
            insert into frequencies
            select '{field}', {field}, count(*) / sum(count(*)) over ()
            from fresh_features
            where {field} is not null
            group by {field}
            """
        )


def add_frequencies(connection: duckdb.DuckDBPyConnection, fields: Iterable[str]) -> None:
    """Add ``tf_…`` to ``fresh_features`` for each of `fields`, as Splink names term frequencies.

    A value that ``frequencies`` does not know is as rare as the rarest that it knows.
    """
    joins, columns = [], []
    for field in fields:
        columns.append(
            f"case when f.{field} is not null then coalesce({field}_tf.frequency, (select "
            f"min(x.frequency) from frequencies as x where x.field = '{field}'), 1) end "
            f"as tf_{field}"
        )
        joins.append(
            f"left join frequencies as {field}_tf "
            f"on {field}_tf.field = '{field}' and f.{field} = {field}_tf.value"
        )
    connection.execute(
        f"""
        create or replace temp table fresh_features as
        select {", ".join(["f.*", *columns])}
        from fresh_features as f
        {" ".join(joins)}
        """
    )


def _sound(name: str) -> str:
    """SQL: how a name sounds: consonants only, the first letter kept, doubled letters once."""
    rest = f"regexp_replace(substr({name}, 2), '[AEIOUYHW]', '', 'g')"
    alike = f"translate({rest}, 'BPFVCSKGJQXZDTLMNR', 'BBBBCCCCCCCCDDLMMR')"
    return (
        f"left(left({name}, 1) || regexp_replace({alike}, '(B)B+|(C)C+|(D)D+|(L)L+|(M)M+|(R)R+', "
        "'\\1\\2\\3\\4\\5\\6', 'g'), 4)"
    )


def _list_or_null(lists: str) -> str:
    """SQL: the distinct values of the lists, sorted; null for none."""
    values = f"list_sort(list_distinct(list_filter(flatten([{lists}]), lambda x: x is not null)))"
    return f"nullif({values}, [])"


def _forget_common(connection: duckdb.DuckDBPyConnection, column: str) -> None:
    common = f"(select value from common_values where field = '{column}')"
    if connection.execute(f"select count(*) from {common}").fetchone()[0] == 0:
        return
    if column == "ssn":
        new = f"case when {column} not in {common} then {column} end"
    else:
        connection.execute(f"set variable common = (select list(value) from {common})")
        new = f"list_filter({column}, lambda x: not list_contains(getvariable('common'), x))"
    connection.execute(f"update prepared set {column} = {new} where {column} is not null")
