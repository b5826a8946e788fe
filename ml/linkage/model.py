"""The comparisons, and what they weigh.

Here: the levels of each comparison with what is believed of them before any data are seen, their
estimation by expectation maximisation, and the Splink settings made of them.
Not here: finding pairs, deciding about clusters.

The beliefs (``m``, ``u``, ``h``) are round numbers; they matter as pseudo-counts where data are few
(20 patients must work) and as the start of the estimation where they are many.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import duckdb
import numpy as np
from splink import SettingsCreator

from ml.linkage.shortcuts import shortened

__all__ = ["Comparison", "Level", "Model", "comparisons_for", "estimate"]

# Pseudo-pairs that the prior belief weighs against the data.
PRIOR_MATCHES = 30.0
PRIOR_RANDOM = 200.0
# Pairs of relatives per pair of records of one person, before the data are seen: with k records
# each, a person has about k(k-1)/2 pairs with themself and k*k/2 with each of some others at home.
# Estimated with the rest; bounded, for a file of adults only still holds a few relatives.
RELATIVES_PER_MATCH = 1.0
_FEWEST_RELATIVES, _MOST_RELATIVES = 0.02, 8.0


@dataclass(frozen=True, slots=True)
class Level:
    """One level of agreement: its condition in SQL and its share among the three kinds of pairs."""

    label: str
    condition: str
    m: float
    u: float
    h: float
    tf: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison of two records: null where it says nothing, else the first level that holds."""

    name: str
    null: str
    levels: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """Trained comparisons and the probability that two random records are of one person."""

    comparisons: tuple[Comparison, ...]
    match_rate: float
    relatives: float = RELATIVES_PER_MATCH

    def settings(self) -> SettingsCreator:
        """The same as Splink settings (``dedupe_only``, ``uid``)."""
        return SettingsCreator(
            link_type="dedupe_only",
            unique_id_column_name="uid",
            probability_two_random_records_match=self.match_rate,
            retain_matching_columns=False,
            retain_intermediate_calculation_columns=True,
            comparisons=[_splink(c) for c in self.comparisons],
            blocking_rules_to_generate_predictions=[],
        )

    def frequency_fields(self) -> list[str]:
        """The fields whose rare values weigh more than their frequent ones."""
        return sorted({level.tf for c in self.comparisons for level in c.levels if level.tf})

    def household_sql(self) -> str:
        """The weight (log2 odds) of one person against two of one household, over gamma columns."""
        terms = [f"{-np.log2(self.relatives):.6f}"]
        for comparison in self.comparisons:
            top = len(comparison.levels) - 1
            cases = " ".join(
                f"when {top - i} then {np.log2(level.m / level.h):.6f}"
                for i, level in enumerate(comparison.levels)
            )
            terms.append(f"case gamma_{comparison.name} {cases} else 0.0 end")
        return " + ".join(terms)

    def to_dict(self) -> dict:
        """For a file; read back by :meth:`from_dict`."""
        return {
            "match_rate": self.match_rate,
            "relatives": self.relatives,
            "comparisons": [
                {
                    "name": c.name,
                    "null": c.null,
                    "levels": [
                        {
                            "label": level.label,
                            "condition": level.condition,
                            "m": level.m,
                            "u": level.u,
                            "h": level.h,
                            "tf": level.tf,
                        }
                        for level in c.levels
                    ],
                }
                for c in self.comparisons
            ],
        }

    @classmethod
    def from_dict(cls, value: dict) -> Model:
        """The inverse of :meth:`to_dict`."""
        return cls(
            comparisons=tuple(
                Comparison(c["name"], c["null"], tuple(Level(**level) for level in c["levels"]))
                for c in value["comparisons"]
            ),
            match_rate=value["match_rate"],
            relatives=value["relatives"],
        )


def _splink(comparison: Comparison) -> dict:
    levels = [
        {"sql_condition": comparison.null, "label_for_charts": "not known", "is_null_level": True}
    ]
    for level in comparison.levels:
        entry = {
            "sql_condition": shortened(level.condition),
            "label_for_charts": level.label,
            "m_probability": level.m,
            "u_probability": level.u,
        }
        if level.tf:
            # Never rarer than one pair in 200,000: a value seen twice is not proof by itself.
            entry |= {
                "tf_adjustment_column": level.tf,
                "tf_minimum_u_value": 0.000005,
                "disable_tf_exact_match_detection": True,
            }
        levels.append(entry)
    return {"output_column_name": comparison.name, "comparison_levels": levels}


def _either_null(*columns: str) -> str:
    return " or ".join(f"{c}_{side} is null" for c in columns for side in "lr")


# The two fields in each other's place: both found again, or the one that is there.
_SWAPPED = (
    "left(given_l, 1) = left(family_r, 1) and left(family_l, 1) = left(given_r, 1) and "
    "given_l != family_l and given_r != family_r and given_l != given_r and "
    "jaro_winkler_similarity(given_l, family_r) >= 0.92 and "
    "jaro_winkler_similarity(family_l, given_r) >= 0.92"
)
_FULL = "length(birth_l) = 8 and length(birth_r) = 8"


def _parts_equal(*parts: tuple[int, int]) -> str:
    return " and ".join(f"substr(birth_l, {a}, {n}) = substr(birth_r, {a}, {n})" for a, n in parts)


_Y, _M, _D = (1, 4), (5, 2), (7, 2)

_ALL: tuple[tuple[str, Comparison], ...] = (
    (
        "given",
        Comparison(
            "given",
            _either_null("given"),
            (
                Level("same", "given_l = given_r", 0.74, 0.006, 0.015, "given"),
                Level(
                    "short form or other form",
                    "list_has_any(given_forms_l, given_forms_r)",
                    0.06,
                    0.003,
                    0.006,
                ),
                Level("swapped with the family name", _SWAPPED, 0.01, 0.00002, 0.00002),
                Level(
                    "one error",
                    "(length(given_l) > 3 or length(given_r) > 3) and "
                    "(damerau_levenshtein(given_l, given_r) <= 1 or "
                    "jaro_winkler_similarity(given_l, given_r) >= 0.93)",
                    0.08,
                    0.003,
                    0.006,
                ),
                Level(
                    "initial",
                    "(length(given_l) = 1 or length(given_r) = 1) and "
                    "left(given_l, 1) = left(given_r, 1)",
                    0.02,
                    0.004,
                    0.004,
                ),
                Level(
                    "middle name of the other",
                    "given_l = coalesce(middle_r, '') or given_r = coalesce(middle_l, '')",
                    0.01,
                    0.003,
                    0.01,
                ),
                Level(
                    "alike",
                    "jaro_winkler_similarity(given_l, given_r) >= 0.83 or "
                    "starts_with(given_l, given_r) or starts_with(given_r, given_l) or "
                    "(length(given_l) > 5 and damerau_levenshtein(given_l, given_r) <= 2)",
                    0.03,
                    0.02,
                    0.03,
                ),
                Level("different", "else", 0.05, 0.961, 0.929),
            ),
        ),
    ),
    (
        "family",
        Comparison(
            "family",
            f"{_either_null('family')} or ({_SWAPPED})",
            (
                Level("same", "family_l = family_r", 0.84, 0.003, 0.75, "family"),
                Level(
                    "former name or part",
                    "list_has_any(family_forms_l, family_forms_r)",
                    0.05,
                    0.001,
                    0.05,
                ),
                Level(
                    "one error",
                    "(length(family_l) > 3 or length(family_r) > 3) and "
                    "(damerau_levenshtein(family_l, family_r) <= 1 or "
                    "jaro_winkler_similarity(family_l, family_r) >= 0.93)",
                    0.06,
                    0.003,
                    0.03,
                ),
                Level(
                    "alike",
                    "jaro_winkler_similarity(family_l, family_r) >= 0.83",
                    0.02,
                    0.015,
                    0.02,
                ),
                Level("different", "else", 0.03, 0.978, 0.15),
            ),
        ),
    ),
    (
        "middle",
        Comparison(
            "middle",
            _either_null("middle"),
            (
                Level("same", "middle_l = middle_r", 0.60, 0.01, 0.02, "middle"),
                Level(
                    "initial",
                    "left(middle_l, 1) = left(middle_r, 1) and "
                    "(length(middle_l) = 1 or length(middle_r) = 1)",
                    0.30,
                    0.05,
                    0.06,
                ),
                Level(
                    "one error",
                    "length(middle_l) > 3 and jaro_winkler_similarity(middle_l, middle_r) >= 0.9",
                    0.04,
                    0.005,
                    0.006,
                ),
                Level("different", "else", 0.06, 0.935, 0.914),
            ),
        ),
    ),
    (
        "suffix",
        Comparison(
            "suffix",
            _either_null("suffix"),
            (
                Level("same", "suffix_l = suffix_r", 0.97, 0.4, 0.2),
                Level("another generation", "else", 0.03, 0.6, 0.8),
            ),
        ),
    ),
    (
        "birth",
        Comparison(
            "birth",
            _either_null("birth"),
            (
                Level("same", f"birth_l = birth_r and {_FULL}", 0.90, 0.00006, 0.03, "birth"),
                Level(
                    "one error or day and month swapped",
                    f"{_FULL} and (damerau_levenshtein(birth_l, birth_r) <= 1 or "
                    "birth_l = left(birth_r, 4) || right(birth_r, 2) || substr(birth_r, 5, 2))",
                    0.045,
                    0.0012,
                    0.002,
                ),
                Level(
                    "another recorded date", "list_has_any(births_l, births_r)", 0.01, 0.0002, 0.002
                ),
                Level(
                    "as far as it is known",
                    f"not ({_FULL}) and (starts_with(birth_l, birth_r) or "
                    "starts_with(birth_r, birth_l))",
                    0.01,
                    0.005,
                    0.008,
                ),
                Level(
                    "two parts of three",
                    f"{_FULL} and (({_parts_equal(_Y, _M)}) or ({_parts_equal(_Y, _D)}) or "
                    f"({_parts_equal(_M, _D)}))",
                    0.012,
                    0.004,
                    0.006,
                ),
                Level("within a month", "abs(born_l - born_r) <= 31", 0.002, 0.002, 0.002),
                Level(
                    "within a year",
                    f"abs(born_l - born_r) <= 366 or ({_parts_equal(_Y)})",
                    0.004,
                    0.02,
                    0.03,
                ),
                Level("within ten years", "abs(born_l - born_r) <= 3660", 0.004, 0.2, 0.28),
                Level("different", "else", 0.013, 0.76754, 0.639),
            ),
        ),
    ),
    (
        "sex",
        Comparison(
            "sex",
            _either_null("sex"),
            (
                Level("same", "sex_l = sex_r", 0.985, 0.5, 0.48),
                Level("different", "else", 0.015, 0.5, 0.52),
            ),
        ),
    ),
    (
        "ssn",
        Comparison(
            "ssn",
            _either_null("ssn4"),
            (
                Level("same", "ssn_l = ssn_r", 0.93, 0.000002, 0.00002),
                Level("one error", "damerau_levenshtein(ssn_l, ssn_r) <= 1", 0.03, 0.00002, 0.005),
                Level(
                    "last four the same",
                    "(ssn_l is null or ssn_r is null) and ssn4_l = ssn4_r",
                    0.01,
                    0.00005,
                    0.0001,
                ),
                Level("two errors", "damerau_levenshtein(ssn_l, ssn_r) <= 2", 0.01, 0.0005, 0.002),
                Level("different", "else", 0.02, 0.999428, 0.99738),
            ),
        ),
    ),
    (
        "phones",
        Comparison(
            "phone",
            _either_null("phones"),
            (
                Level("shared", "list_has_any(phones_l, phones_r)", 0.70, 0.0004, 0.60),
                Level(
                    "one error",
                    "damerau_levenshtein(phones_l[1], phones_r[1]) <= 1",
                    0.04,
                    0.00005,
                    0.02,
                ),
                Level("different", "else", 0.26, 0.99955, 0.38),
            ),
        ),
    ),
    (
        "emails",
        Comparison(
            "email",
            _either_null("emails"),
            (
                Level("shared", "list_has_any(emails_l, emails_r)", 0.75, 0.0002, 0.15),
                Level(
                    "same name part",
                    "split_part(email_l, '@', 1) = split_part(email_r, '@', 1)",
                    0.05,
                    0.0008,
                    0.02,
                ),
                Level(
                    "one or two errors",
                    "damerau_levenshtein(email_l, email_r) <= 2",
                    0.08,
                    0.0002,
                    0.02,
                ),
                Level(
                    "alike", "jaro_winkler_similarity(email_l, email_r) >= 0.9", 0.03, 0.002, 0.04
                ),
                Level("different", "else", 0.09, 0.9968, 0.77),
            ),
        ),
    ),
    (
        "address",
        Comparison(
            "address",
            _either_null("address"),
            (
                Level("same", "address_l = address_r", 0.66, 0.0005, 0.70, "address"),
                Level(
                    "same, earlier or later",
                    "list_has_any(addresses_l, addresses_r)",
                    0.06,
                    0.0003,
                    0.05,
                ),
                Level(
                    "nearly the same",
                    "house_l = house_r and jaro_winkler_similarity(address_l, address_r) >= 0.93",
                    0.10,
                    0.001,
                    0.08,
                ),
                Level(
                    "alike",
                    "jaro_winkler_similarity(address_l, address_r) >= 0.85",
                    0.04,
                    0.01,
                    0.03,
                ),
                Level("different", "else", 0.14, 0.9882, 0.14),
            ),
        ),
    ),
    (
        "place",
        Comparison(
            "place",
            "(postal_l is null or postal_r is null) and (city_l is null or city_r is null)",
            (
                Level("same postal code", "postal_l = postal_r", 0.80, 0.01, 0.82, "postal"),
                Level("same city", "city_l = city_r", 0.06, 0.02, 0.06, "city"),
                Level(
                    "nearly the same",
                    "damerau_levenshtein(postal_l, postal_r) <= 1 or "
                    "jaro_winkler_similarity(city_l, city_r) >= 0.9",
                    0.05,
                    0.02,
                    0.04,
                ),
                Level("different", "else", 0.09, 0.95, 0.08),
            ),
        ),
    ),
    (
        "members",
        Comparison(
            "member",
            _either_null("members"),
            (
                Level("shared", "list_has_any(members_l, members_r)", 0.80, 0.00005, 0.40),
                Level("different", "else", 0.20, 0.99995, 0.60),
            ),
        ),
    ),
)


def _attribute(number: int) -> Comparison:
    name = f"attribute_{number}"
    return Comparison(
        name,
        _either_null(name),
        (
            Level("same", f"{name}_l = {name}_r", 0.85, 0.05, 0.2, name),
            Level("alike", f"jaro_winkler_similarity({name}_l, {name}_r) >= 0.9", 0.07, 0.03, 0.05),
            Level("different", "else", 0.08, 0.92, 0.75),
        ),
    )


def comparisons_for(
    connection: duckdb.DuckDBPyConnection, *, attributes: int = 0
) -> tuple[Comparison, ...]:
    """The comparisons for which ``fresh_features`` has something to compare."""
    filled = dict(
        zip(
            (names := [r[0] for r in connection.execute("describe fresh_features").fetchall()]),
            connection.execute(
                "select " + ", ".join(f"count({n})" for n in names) + " from fresh_features"
            ).fetchone(),
            strict=True,
        )
    )
    filled["place"] = max(filled["postal"], filled["city"])
    chosen = [c for column, c in _ALL if filled[column] > 1]
    chosen += [_attribute(i + 1) for i in range(attributes) if filled[f"attribute_{i + 1}"] > 1]
    return tuple(chosen)


def estimate(
    model: Model,
    *,
    candidate_patterns: np.ndarray,
    candidate_counts: np.ndarray,
    random_patterns: np.ndarray,
    random_counts: np.ndarray,
    scale: float,
    pairs: float,
    iterations: int = 60,
) -> Model:
    """Estimate m, u and the rate of matches by expectation maximisation over three classes.

    Args:
        model: where to start; its values weigh as pseudo-counts.
        candidate_patterns: one row per pattern of levels among candidate pairs (a column per
            comparison, the number of the level as Splink counts: 0 is the last, -1 not known).
        candidate_counts: how often each pattern occurs.
        random_patterns, random_counts: the same among random pairs, for u.
        scale: candidate pairs in all per candidate pair counted (they may be a sample).
        pairs: all possible pairs of records.

    Term frequencies are left out of the estimation. ``h`` stays as believed: nothing in the data
    says which pairs are relatives.
    """
    prior = model
    levels = [len(c.levels) for c in prior.comparisons]

    def index(patterns: np.ndarray) -> list[np.ndarray]:
        # Position of the level in the list of levels; one past the end: not known.
        return [
            np.where(patterns[:, i] < 0, n, n - 1 - patterns[:, i]) for i, n in enumerate(levels)
        ]

    seen, drawn = index(candidate_patterns), index(random_patterns)

    def log_likelihood(where: list[np.ndarray], share: str, now: Model) -> np.ndarray:
        total = np.zeros(len(where[0]))
        for positions, comparison in zip(where, now.comparisons, strict=True):
            table = np.array([np.log(getattr(level, share)) for level in comparison.levels] + [0.0])
            total += table[positions]
        return total

    def posterior(where: list[np.ndarray], now: Model) -> tuple[np.ndarray, ...]:
        rate = now.match_rate
        match = np.log(rate) + log_likelihood(where, "m", now)
        relative = np.log(rate * now.relatives) + log_likelihood(where, "h", now)
        other = np.log1p(-min(rate * (1 + now.relatives), 0.9)) + log_likelihood(where, "u", now)
        top = np.maximum(np.maximum(match, relative), other)
        weights = np.exp(np.stack([match, relative, other]) - top)
        weights /= weights.sum(axis=0)
        return weights[0], weights[1], weights[2]

    def shares(
        where: list[np.ndarray], weight: np.ndarray, share: str, strength: float
    ) -> list[np.ndarray]:
        result = []
        for positions, comparison in zip(where, prior.comparisons, strict=True):
            n = len(comparison.levels)
            counted = np.bincount(positions, weights=weight, minlength=n + 1)[:n]
            believed = np.array([getattr(level, share) for level in comparison.levels])
            counted = counted + strength * believed
            # What a million random pairs do not show may still happen once in a million.
            result.append(np.maximum(counted / counted.sum(), 1e-6))
        return result

    now = prior
    for _ in range(iterations):
        p_match, p_relative, _ = posterior(seen, now)
        matches = float((p_match * candidate_counts).sum()) * scale
        relatives = float((p_relative * candidate_counts).sum()) * scale
        m = shares(seen, p_match * candidate_counts, "m", PRIOR_MATCHES)
        *_, p_other = posterior(drawn, now)
        u = shares(drawn, p_other * random_counts, "u", PRIOR_RANDOM)
        following = Model(
            comparisons=tuple(
                replace(
                    c,
                    levels=tuple(
                        replace(level, m=float(m[i][j]), u=float(u[i][j]))
                        for j, level in enumerate(c.levels)
                    ),
                )
                for i, c in enumerate(now.comparisons)
            ),
            match_rate=min(max(matches, 0.5) / max(pairs, 1.0), 0.25),
            relatives=min(
                max(
                    (relatives + PRIOR_MATCHES * RELATIVES_PER_MATCH) / (matches + PRIOR_MATCHES),
                    _FEWEST_RELATIVES,
                ),
                _MOST_RELATIVES,
            ),
        )
        change = max(
            abs(a.m - b.m)
            for x, y in zip(now.comparisons, following.comparisons, strict=True)
            for a, b in zip(x.levels, y.levels, strict=True)
        )
        now = following
        if change < 1e-4:
            break
    return now
