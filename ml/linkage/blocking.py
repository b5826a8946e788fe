"""Candidate pairs: which records are worth comparing.

Here: the keys, their cost and their share. Every key is one row of a long table, so that lists
(telephones, member ids) need nothing special, and a block that is too large is left out alone.
Not here: the comparison.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import duckdb

from ml.linkage.options import LinkageOptions

__all__ = ["RULES", "Rule", "RuleReport", "find_keys", "pair_up", "pair_up_changes"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to bring two records together.

    ``key`` is an expression over ``fresh_features`` (null: the record has no such key); ``unnest``
    says that it is a list. Rules are in the order of what they are worth: when candidates are too
    many the last ones go.
    """

    name: str
    key: str
    unnest: bool = False


_YEAR = "left(birth, 4)"

RULES: tuple[Rule, ...] = (
    Rule("ssn", "ssn"),
    Rule("email", "emails", unnest=True),
    Rule("member id", "members", unnest=True),
    Rule("birth date", "birth"),
    # Households come early: how many relatives there are per match is estimated on their pairs.
    Rule("telephone", "phones", unnest=True),
    Rule("address", "coalesce(postal, city, '') || ' ' || address"),
    Rule("names in either order", "least(given, family) || ' ' || greatest(given, family)"),
    Rule(
        "birth date and initials",
        "birth || ' ' || least(left(given, 1), left(family, 1))"
        " || greatest(left(given, 1), left(family, 1))",
    ),
    Rule("birth date and given name", "birth || ' ' || given"),
    Rule("birth date and family name", "birth || ' ' || family"),
    Rule(
        "telephone and an initial",
        "list_transform(phones, lambda x: x || ' ' || coalesce(left(given, 1), ''))",
        unnest=True,
    ),
    Rule(
        "former family name and given name",
        "list_transform(family_forms, lambda x: x || ' ' || given)",
        unnest=True,
    ),
    Rule(
        "full given name and family name",
        "list_transform(given_forms, lambda x: x || ' ' || family)",
        unnest=True,
    ),
    Rule(
        "address and an initial",
        "coalesce(postal, city, '') || ' ' || address || ' ' || left(given, 1)",
    ),
    Rule("like names and birth year", f"family_sound || ' ' || given_sound || ' ' || {_YEAR}"),
    Rule("ssn, last four, and birth year", f"ssn4 || ' ' || {_YEAR}"),
    Rule("like names", "family_sound || ' ' || given_sound"),
    Rule(
        "like names, swapped, and birth year",
        "least(family_sound, given_sound) || ' ' || greatest(family_sound, given_sound)"
        f" || ' ' || {_YEAR}",
    ),
    Rule(
        "given name, initial, month and day",
        "given || ' ' || left(family, 1) || ' ' || substr(birth, 5, 4)",
    ),
    Rule(
        "family name, initial, month and day",
        "family || ' ' || left(given, 1) || ' ' || substr(birth, 5, 4)",
    ),
    Rule("given name and postal code", "given || ' ' || coalesce(postal, city)"),
    Rule("family name and postal code", "family || ' ' || coalesce(postal, city)"),
    Rule("family name and birth year", f"family || ' ' || {_YEAR}"),
    Rule("given name and birth year", f"given || ' ' || {_YEAR}"),
    Rule(
        "house number and postal code",
        "nullif(regexp_extract(address, '^[0-9]+'), '') || ' ' || coalesce(postal, city)",
    ),
    Rule("month and day and postal code", "substr(birth, 5, 4) || ' ' || coalesce(postal, city)"),
    Rule("family name and city", "family || ' ' || city"),
    Rule("mailbox", "case when length(mailbox) > 3 then mailbox end"),
    Rule("beginning of the e-mail address and birth year", f"left(email, 4) || ' ' || {_YEAR}"),
    Rule("beginning of the e-mail address", "left(email, 6)"),
    Rule("like family name and city", "family_sound || ' ' || coalesce(city, postal)"),
    Rule("like given name and city", "given_sound || ' ' || coalesce(city, postal)"),
    Rule("family name", "family"),
    Rule("given name", "given"),
    Rule("month of birth", "left(birth, 6)"),
)


@dataclass(frozen=True, slots=True)
class RuleReport:
    """What one rule costs: blocks, pairs (before others are counted) and what was left out."""

    name: str
    pairs: int
    blocks_left_out: int
    used: bool


def find_keys(
    connection: duckdb.DuckDBPyConnection,
    options: LinkageOptions,
    *,
    records: int,
    names: Collection[str] | None = None,
) -> list[RuleReport]:
    """Make tables ``fresh_keys`` (rule, key, uid) and ``blocks`` from ``fresh_features``.

    Args:
        records: how many records there are.
        names: the rules to use; None: as many of ``RULES`` as their pairs fit into the budget.

    ``blocks`` (rule, key) names the keys that some, but not too many, records share: equal values
    only, and a key too frequent (`options.max_block`) brings nobody together.
    """
    budget = max(options.pairs_per_record * records, 2_000_000.0)
    connection.execute(
        """
        create or replace temp table fresh_keys (rule utinyint, key ubigint, uid bigint);
        create or replace temp table blocks (rule utinyint, key ubigint);
        """
    )
    reports: list[RuleReport] = []
    total = 0
    for number, rule in enumerate(RULES):
        if names is not None and rule.name not in names:
            continue
        key = f"unnest({rule.key})" if rule.unnest else rule.key
        connection.execute(
            f"""
            create or replace temp table rule_keys as
            select distinct hash(key) as key, uid
            from (select {key} as key, uid from fresh_features)
            where key is not null
            """
        )
        connection.execute(
            """
            create or replace temp table rule_blocks as
            select key, count(*) as n from rule_keys group by key having count(*) > 1
            """
        )
        pairs, left_out = connection.execute(
            """
            select
                coalesce(sum(n * (n - 1) / 2) filter (where n <= $cap), 0)::bigint,
                count(*) filter (where n > $cap)
            from rule_blocks
            """,
            {"cap": options.max_block},
        ).fetchone()
        used = names is not None or total + pairs <= budget
        reports.append(RuleReport(rule.name, pairs, left_out, used))
        if not used:
            continue
        total += pairs
        connection.execute(f"insert into fresh_keys select {number}, key, uid from rule_keys")
        connection.execute(
            f"""
            insert into blocks
            select {number}, key from rule_blocks where n <= {options.max_block}
            """
        )
    connection.execute("drop table if exists rule_keys; drop table if exists rule_blocks")
    return reports


def pair_up(connection: duckdb.DuckDBPyConnection) -> None:
    """Make table ``candidates`` (uid_l < uid_r, distinct) of all records in ``blocks``."""
    connection.execute(
        """
        create or replace temp table candidates as
        with members as (
            select rule, key, uid
            from fresh_keys
            semi join blocks using (rule, key)
        )

        select distinct l.uid as uid_l, r.uid as uid_r
        from members as l
        inner join members as r on l.rule = r.rule and l.key = r.key
        where l.uid < r.uid
        """
    )


def pair_up_changes(connection: duckdb.DuckDBPyConnection, options: LinkageOptions) -> None:
    """Make tables ``candidates`` and ``unsupported`` of what ``fresh_keys`` and ``gone`` change.

    Reads what is known (``known.keys``, ``known.edges``). ``candidates``: pairs that a block
    brings together and did not before. ``unsupported``: pairs of unchanged records that nothing
    brings together any more, because a key of theirs became too frequent.
    """
    cap = options.max_block
    connection.execute(
        f"""
        create or replace temp table touched as
        select distinct rule, key
        from (
            select rule, key from fresh_keys
            union all select rule, key from known.keys semi join gone using (uid)
        );

        create or replace temp table touched_keys as
        select k.rule, k.key, k.uid, g.uid is not null as is_gone, false as is_fresh
        from known.keys as k
        semi join touched using (rule, key)
        left join gone as g on k.uid = g.uid
        union all
        select rule, key, uid, false, true
        from fresh_keys;

        create or replace temp table blocks as
        select
            rule,
            key,
            count(*) filter (where not is_fresh) as before,
            count(*) filter (where not is_gone) as after
        from touched_keys
        group by rule, key;

        create or replace temp table candidates as
        with now as (
            select t.rule, t.key, t.uid, t.is_fresh, b.before > {cap} as is_revived
            from touched_keys as t
            inner join blocks as b using (rule, key)
            where not t.is_gone and b.after between 2 and {cap}
        )

        select distinct least(l.uid, r.uid) as uid_l, greatest(l.uid, r.uid) as uid_r
        from now as l
        inner join now as r on l.rule = r.rule and l.key = r.key
        where l.uid != r.uid and (l.is_fresh or l.is_revived);

        create or replace temp table at_risk as
        with kept as (
            select t.rule, t.key, t.uid
            from touched_keys as t
            inner join blocks as b using (rule, key)
            where not t.is_gone and not t.is_fresh and b.before between 2 and {cap}
                and b.after > {cap}
        )

        select distinct e.uid_l, e.uid_r
        from kept as l
        inner join kept as r on l.rule = r.rule and l.key = r.key and l.uid < r.uid
        inner join known.edges as e on l.uid = e.uid_l and r.uid = e.uid_r
        where e.is_blocked;

        create or replace temp table unsupported as
        with risked as (
            select uid_l as uid from at_risk
            union select uid_r from at_risk
        ),

        theirs as (
            select k.rule, k.key, k.uid
            from known.keys as k
            semi join risked using (uid)
        ),

        sizes as (
            select k.rule, k.key, count(*) as n
            from known.keys as k
            semi join theirs using (rule, key)
            group by k.rule, k.key
        ),

        alive as (
            select t.rule, t.key, t.uid
            from theirs as t
            inner join sizes as s using (rule, key)
            left join blocks as b using (rule, key)
            where coalesce(b.after, s.n) <= {cap}
        )

        select a.uid_l, a.uid_r
        from at_risk as a
        where not exists (
            select 1
            from alive as l
            inner join alive as r on l.rule = r.rule and l.key = r.key
            where l.uid = a.uid_l and r.uid = a.uid_r
        )
        """
    )
    connection.execute("drop table touched; drop table touched_keys; drop table at_risk")
