"""Why two records are, or are not, one person: as text, and as a picture.

Here: the weight of every comparison of one pair (Splink's waterfall). Not here: which pair, where
the records come from, and who may see their values.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np
import pyarrow as pa

from ml.linkage.engine import load_records
from ml.linkage.errors import LinkageError
from ml.linkage.features import (
    add_frequencies,
    conform,
    find_common,
    find_frequencies,
    make_features,
    prepare,
)
from ml.linkage.model import Model
from ml.linkage.options import LinkageOptions
from ml.linkage.reference import Reference
from ml.linkage.scoring import Scorer, odds
from ml.linkage.session import session

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

    def svg(self, options: LinkageOptions | None = None) -> str:
        """The waterfall as a picture: one bar per comparison, from what was known before it."""
        options = options or LinkageOptions()
        row, left, width, top = 30, 400, 520, 92
        reached = [float(b) for b in np.cumsum([s.bits for s in self.steps])]
        marks = {
            "review": odds(options.review_probability),
            "link": odds(options.link_probability),
        }
        low = min(0.0, *reached, self.weight, *marks.values())
        high = max(0.0, *reached, self.weight, *marks.values())
        scale = width / max(high - low, 1e-9)
        x = lambda bits: left + (bits - low) * scale  # noqa: E731
        bars: list[str] = []
        stripes: list[str] = []
        before = 0.0
        for i, (step, after) in enumerate(zip(self.steps, reached, strict=True)):
            y = top + i * row
            color = "#2a7f62" if step.bits >= 0 else "#b3413b"
            if i % 2 == 0:
                stripes.append(
                    f'<rect x="12" y="{y - 5}" width="{left + width + 66}" height="{row}" '
                    'fill="#f4f7f7"/>'
                )
            bars.append(
                f'<text x="24" y="{y + 14}" font-weight="600">{escape(step.name)}</text>'
                f'<text x="{left - 12}" y="{y + 14}" text-anchor="end" fill="#5d6d74">'
                f"{escape(step.finding)}</text>"
                f'<rect x="{x(min(before, after)):.1f}" y="{y}" height="{row - 10}" rx="3" '
                f'width="{max(abs(after - before) * scale, 1.5):.1f}" fill="{color}"/>'
                f'<line x1="{x(after):.1f}" x2="{x(after):.1f}" y1="{y}" y2="{y + row}" '
                'stroke="#9db0b6"/>'
                f'<text x="{x(max(before, after)) + 6:.1f}" y="{y + 14}" fill="{color}">'
                f"{step.bits:+.1f}</text>"
            )
            before = after
        foot = top + row * len(self.steps)
        color = {"linked": "#2a7f62", "review": "#b07d14"}.get(self.outcome(options), "#b3413b")
        ends = (
            ("one person rather than two strangers", self.against_random, "#3f6f94"),
            ("one person rather than two relatives", self.against_relatives, "#3f6f94"),
            ("together: what decides", self.weight, color),
        )
        for i, (name, bits, fill) in enumerate(ends):
            y = foot + 14 + i * row
            shown = min(max(bits, low), high)
            bars.append(
                f'<text x="24" y="{y + 14}" font-weight="600">{name}</text>'
                f'<rect x="{x(min(0.0, shown)):.1f}" y="{y}" height="{row - 10}" rx="3" '
                f'width="{max(abs(shown) * scale, 1.5):.1f}" fill="{fill}"/>'
                f'<text x="{x(max(0.0, shown)) + 6:.1f}" y="{y + 14}" fill="{fill}">'
                f"{bits:+.1f}</text>"
            )
        bottom = foot + 14 + len(ends) * row
        lines = "".join(
            f'<line x1="{x(bits):.1f}" x2="{x(bits):.1f}" y1="{top - 16}" y2="{bottom}" '
            'stroke="#1d2a2f" stroke-dasharray="4 3"/>'
            f'<text x="{x(bits) + shift:.1f}" y="{top - 10}" text-anchor="{anchor}" '
            f'font-size="11">{name}</text>'
            for (name, bits), (shift, anchor) in zip(
                marks.items(), ((-4, "end"), (4, "start")), strict=True
            )
        )
        verdict = f"{self.outcome(options)}, probability {self.probability:.4f}"
        if self.conflict:
            verdict += f" ({self.conflict})"
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" '
            f'viewBox="0 0 {left + width + 90} {bottom + 24}" width="{left + width + 90}" '
            'font-family="system-ui, DejaVu Sans, sans-serif" font-size="13" fill="#1d2a2f">'
            f'<rect width="{left + width + 90}" height="{bottom + 24}" fill="#fff"/>'
            '<text x="24" y="32" font-size="18" font-weight="700">Why, in bits of evidence</text>'
            f'<text x="24" y="53" fill="{color}" font-weight="600">{escape(verdict)}</text>'
            f"{''.join(stripes)}"
            f'<line x1="{x(0):.1f}" x2="{x(0):.1f}" y1="{top - 8}" y2="{bottom}" stroke="#9db0b6"/>'
            f"{lines}{''.join(bars)}"
            f'<line x1="24" x2="{left + width + 66}" y1="{foot + 3}" y2="{foot + 3}" '
            'stroke="#9db0b6"/></svg>'
        )


def explain(
    records: pa.Table,
    trained: Model | Reference,
    left: str,
    right: str,
    *,
    options: LinkageOptions | None = None,
) -> Explanation:
    """The evidence for and against records `left` and `right` being of one person.

    `trained` is the model that `records` were linked with: as it was trained on them, or with what
    it was trained on.

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
    model = trained.model if isinstance(trained, Reference) else trained
    with session(options) as connection:
        load_records(connection, table)
        prepare(connection)
        if isinstance(trained, Reference):
            trained.write_tables(connection)
        else:
            find_common(connection)
        make_features(connection)
        if not isinstance(trained, Reference):
            find_frequencies(connection, model.frequency_fields())
        add_frequencies(connection, model.frequency_fields())
        connection.execute("create temp view features as from fresh_features")
        connection.execute(
            """
            create temp table one_pair as
            select min(uid) as uid_l, max(uid) as uid_r from incoming where record_id in ($a, $b)
            """,
            {"a": left, "b": right},
        )
        scorer = Scorer(connection, model)
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
        against_random=float(found["against_random"]),
        against_relatives=float(found["against_relatives"]),
        weight=float(found["weight"]),
        conflict=conflict,
    )
