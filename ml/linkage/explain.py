"""Why two records are, or are not, one person: as text, and as a picture.

Here: the weight of every comparison of one pair (Splink's waterfall). Not here: which pair, where
the records come from, and who may see their values.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np
import pyarrow as pa

from ml.linkage.engine import connect, odds, scorer_for
from ml.linkage.errors import LinkageError
from ml.linkage.features import conform, make_features
from ml.linkage.model import Model
from ml.linkage.options import LinkageOptions

__all__ = ["Explanation", "Step", "explain"]


@dataclass(frozen=True, slots=True)
class Step:
    """One bar of the waterfall: what was compared, what was found, and its bits of evidence."""

    name: str
    finding: str
    bits: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """The evidence about one pair.

    Attributes:
        steps: the start (how rare matches are) and one step per comparison that said something.
        against_random: log2 odds of one person against two random people: the sum of the steps.
        against_relatives: log2 odds of one person against two members of one household.
        weight: both together; what decides.
        conflict: a rule that forbids linking without a person looking, if one holds.
    """

    steps: tuple[Step, ...]
    against_random: float
    against_relatives: float
    weight: float
    conflict: str | None

    @property
    def probability(self) -> float:
        """The probability that it is one person."""
        return float(1 / (1 + 2.0 ** -np.clip(self.weight, -500, 500)))

    def outcome(self, options: LinkageOptions) -> str:
        """What the pair alone leads to; other records of either person may add to it."""
        if self.conflict is None and self.weight >= odds(options.link_probability):
            return "linked"
        return "review" if self.weight >= odds(options.review_probability) else "not linked"

    def svg(self) -> str:
        """The waterfall as a picture."""
        row, left, width = 26, 330, 520
        reached = np.cumsum([s.bits for s in self.steps])
        low, high = min(0.0, reached.min()), max(0.0, reached.max())
        scale = width / max(high - low, 1e-9)
        x = lambda bits: left + (bits - low) * scale  # noqa: E731
        bars, before = [], 0.0
        for i, (step, after) in enumerate(zip(self.steps, reached, strict=True)):
            y = 30 + i * row
            color = "#2a7f62" if step.bits >= 0 else "#b3413b"
            bars.append(
                f'<text x="{left - 10}" y="{y + 15}" text-anchor="end">'
                f"{escape(step.name)}: {escape(step.finding)}</text>"
                f'<rect x="{x(min(before, after)):.1f}" y="{y}" height="{row - 8}" '
                f'width="{max(abs(after - before) * scale, 1):.1f}" fill="{color}"/>'
                f'<text x="{x(max(before, after)) + 6:.1f}" y="{y + 15}">{step.bits:+.1f}</text>'
            )
            before = float(after)
        height = 50 + row * len(self.steps)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 60} {height}" '
            'font-family="sans-serif" font-size="13">'
            f'<line x1="{x(0):.1f}" x2="{x(0):.1f}" y1="20" y2="{height - 10}" stroke="#888"/>'
            f"{''.join(bars)}</svg>"
        )


def explain(
    records: pa.Table, model: Model, left: str, right: str, *, options: LinkageOptions | None = None
) -> Explanation:
    """The evidence for and against records `left` and `right` being of one person.

    Raises:
        LinkageError: one of the ids is not among `records`, or both are the same.
    """
    options = options or LinkageOptions()
    table = conform(records)
    ids = table.column("record_id").to_pylist()
    for record in (left, right):
        if record not in ids:
            raise LinkageError("no such person record; look its id up in identity.patient_xref")
    if left == right:
        raise LinkageError("these are the same record; name two")
    a, b = sorted((ids.index(left) + 1, ids.index(right) + 1))
    with connect(options) as connection:
        make_features(connection, table)
        connection.execute(f"create table one_pair as select {a}::int as uid_l, {b}::int as uid_r")
        scorer = scorer_for(connection, model)
        weights = scorer.weights("one_pair")
        scorer.score("one_pair", "one_scored")
        found = connection.execute("select * from one_scored").to_arrow_table().to_pylist()[0]
        conflict = scorer.conflict("one_scored")
    steps = [Step("before anything is compared", "matches are rare", odds(model.match_rate))]
    for comparison in model.comparisons:
        level = found[f"gamma_{comparison.name}"]
        if level < 0:
            continue
        label = comparison.levels[len(comparison.levels) - 1 - level].label
        bits = weights[f"mw_{comparison.name}"] + (
            weights.get(f"mw_tf_adj_{comparison.name}") or 0.0
        )
        steps.append(Step(comparison.name, label, bits))
    return Explanation(
        steps=tuple(steps),
        against_random=found["against_random"],
        against_relatives=found["against_relatives"],
        weight=found["weight"],
        conflict=conflict,
    )
