"""Candidate pairs: which records are worth comparing.

Here: the keys, their cost and their share. Every key is one row of a long table, so that lists
(telephones, member ids) need nothing special, and a block that is too large is left out alone.
Not here: the comparison.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from ml.linkage.options import LinkageOptions

__all__ = ["RULES", "Rule", "RuleReport", "make_candidates"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to bring two records together.

    ``key`` is an expression over ``features`` (null: the record has no such key); ``unnest`` says
    that it is a list. Rules are in the order of what they are worth: when candidates are too many
    the last ones go.
    """

    name: str
    key: str
    unnest: bool = False


# A name that sounds alike: consonants only, the first letter kept, doubled letters once.
def _skeleton(column: str) -> str:
    rest = f"regexp_replace(substr({column}, 2), '[AEIOUYHW]', '', 'g')"
    alike = f"translate({rest}, 'BPFVCSKGJQXZDTLMNR', 'BBBBCCCCCCCCDDLMMR')"
    return (
        f"left(left({column}, 1) || regexp_replace({alike}, '(B)B+|(C)C+|(D)D+|(L)L+|(M)M+|(R)R+', "
        f"'\\1\\2\\3\\4\\5\\6', 'g'), 4)"
    )


_FAMILY, _GIVEN = _skeleton("family"), _skeleton("given")
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
    Rule("like names and birth year", f"{_FAMILY} || ' ' || {_GIVEN} || ' ' || {_YEAR}"),
    Rule("ssn, last four, and birth year", f"ssn4 || ' ' || {_YEAR}"),
    Rule("like names", f"{_FAMILY} || ' ' || {_GIVEN}"),
    Rule(
        "like names, swapped, and birth year",
        f"least({_FAMILY}, {_GIVEN}) || ' ' || greatest({_FAMILY}, {_GIVEN}) || ' ' || {_YEAR}",
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
    Rule("like family name and city", f"{_FAMILY} || ' ' || coalesce(city, postal)"),
    Rule("like given name and city", f"{_GIVEN} || ' ' || coalesce(city, postal)"),
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


def make_candidates(
    connection: duckdb.DuckDBPyConnection, options: LinkageOptions
) -> list[RuleReport]:
    """Make table ``candidates`` (uid_l < uid_r, distinct) from ``features``.

    Equal values only: a rule with a key too frequent (`options.max_block`) skips that key.
    """
    n = connection.execute("select count(*) from features").fetchone()[0]
    budget = max(options.pairs_per_record * n, 2_000_000.0)
    connection.execute(
        "create or replace temp table keys (rule utinyint, key ubigint, uid integer)"
    )
    reports: list[RuleReport] = []
    total = 0
    for number, rule in enumerate(RULES):
        key = f"unnest({rule.key})" if rule.unnest else rule.key
        connection.execute(
            f"""
            create or replace temp table rule_keys as
            select distinct hash(key) as key, uid
            from (select {key} as key, uid from features)
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
        used = total + pairs <= budget
        reports.append(RuleReport(rule.name, pairs, left_out, used))
        if not used:
            continue
        total += pairs
        connection.execute(
            f"""
            insert into keys
            select {number}, key, uid
            from rule_keys
            semi join (select key from rule_blocks where n <= {options.max_block}) using (key)
            """
        )
    connection.execute(
        """
        create or replace table candidates as
        select distinct l.uid as uid_l, r.uid as uid_r
        from keys as l
        inner join keys as r on l.rule = r.rule and l.key = r.key
        where l.uid < r.uid
        """
    )
    connection.execute("drop table keys; drop table rule_keys; drop table rule_blocks")
    return reports
