"""Person records prepared for comparison.

Here: the columns that the comparisons and the blocking rules read, made from normalised records in
SQL. Not here: normalisation (``dbt_project/macros/person.sql``).
"""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pyarrow as pa

from ml.linkage.errors import LinkageError

__all__ = ["RECORD_SCHEMA", "conform", "make_features"]

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
    """`records` with exactly the columns of ``RECORD_SCHEMA``, in the order of their ids.

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
    table = pa.table(columns, schema=RECORD_SCHEMA).sort_by("record_id")
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


def make_features(
    connection: duckdb.DuckDBPyConnection, records: pa.Table, *, attributes: int = 0
) -> None:
    """Make table ``features`` (one row per record, integer ``uid`` in the order of the ids).

    `records` is the result of :func:`conform`; `attributes` is the number of further fields in its
    column ``attributes`` (files with columns that we have no name for).
    """
    _vocabulary(connection)
    connection.register("records_in", records)
    connection.execute(
        """
        create or replace temp table prepared as
        with known as (
            select
                (row_number() over (order by record_id))::integer as uid,
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
            from records_in
        )

        -- "MARY ANN" in the field of the first name: the rest may be the middle name.
        select
            *,
            coalesce(middle, case when given like '% %' then split_part(given, ' ', 2) end)
                as middle_name
        from known
        """
    )
    connection.unregister("records_in")
    for column, names in _SHARED_BY_AT_MOST.items():
        _forget_shared(connection, column, names)
    connection.execute(
        """
        create or replace temp table common_births as
        with births as (
            select birth_key, count(*) as n
            from prepared
            where length(birth_key) = 8
            group by birth_key
        )

        select birth_key
        from births
        where n > greatest(25, 40 * (select median(b.n) from births as b))
        """
    )
    extra = "".join(f",\n    attributes[{i + 1}] as attribute_{i + 1}" for i in range(attributes))
    connection.execute(
        f"""
        create or replace table features as
        with nicks as (
            select short_form, list(full_form order by full_form) as full_forms
            from nicknames
            group by short_form
        )

        select
            p.uid,
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
            case when c.birth_key is null then p.birth_key end as birth,
            case
                when c.birth_key is null then try_strptime(p.birth_key, '%Y%m%d')::date
            end as born,
            list_sort(list_distinct(list_filter(
                [case when c.birth_key is null then p.birth_key end]
                || coalesce(p.other_birth_keys, []),
                lambda x: x is not null))) as births,
            p.sex,
            case when length(p.ssn) > 4 then p.ssn end as ssn,
            right(p.ssn, 4) as ssn4,
            list_sort(list_distinct(p.phones)) as phones,
            list_sort(list_distinct(p.emails)) as emails,
            list_sort(p.emails)[1] as email,
            split_part(list_sort(p.emails)[1], '@', 1) as mailbox,
            p.address,
            coalesce(regexp_extract(p.address, '^[0-9]*'), '') as house,
            list_sort(list_distinct(
                list_filter([p.address], lambda x: x is not null)
                || coalesce(p.other_addresses, []))) as addresses,
            p.postal_code as postal,
            replace(p.city, ' ', '') as city,
            p.state,
            list_sort(list_distinct(p.member_ids)) as members{extra}
        from prepared as p
        left join nicks as n on split_part(p.given, ' ', 1) = n.short_form
        left join common_births as c on p.birth_key = c.birth_key
        order by p.uid
        """
    )
    for name in ("phones", "emails", "members", "addresses", "births"):
        connection.execute(f"update features set {name} = null where len({name}) = 0")


def _forget_shared(connection: duckdb.DuckDBPyConnection, column: str, names: int) -> None:
    is_list = column != "ssn"
    value = f"unnest({column})" if is_list else column
    connection.execute(
        f"""
        create or replace temp table widely_shared as
        select value
        from (
            select {value} as value, given, family
            from prepared
            where {column} is not null
        )
        group by value
        having count(distinct coalesce(given, '') || '|' || coalesce(family, '')) > {names}
        """
    )
    if connection.execute("select count(*) from widely_shared").fetchone()[0] == 0:
        return
    if is_list:
        connection.execute("set variable shared = (select list(value) from widely_shared)")
        new = f"list_filter({column}, lambda x: not list_contains(getvariable('shared'), x))"
    else:
        new = f"case when {column} not in (select value from widely_shared) then {column} end"
    connection.execute(f"update prepared set {column} = {new} where {column} is not null")
