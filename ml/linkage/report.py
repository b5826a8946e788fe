"""The identity report: one HTML page without any value of a record.

Here: counts and curves of a linkage as HTML. Not here: reading the warehouse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from math import log2

from ml.linkage.measure import Measured
from ml.linkage.model import Model
from ml.linkage.reach import Reach

__all__ = ["ReportData", "render"]

_OUTCOMES = ("not linked", "review", "linked")
_COLORS = {"linked": "var(--good)", "review": "var(--doubt)", "not linked": "var(--bad)"}


@dataclass(frozen=True, slots=True)
class ReportData:
    """What the page shows.

    Attributes:
        weights: {lower end of a bucket in bits: {outcome: pairs}}.
        bucket: bits per bucket.
        thresholds: {name: bits} to be marked among the weights.
        sizes: (person records, patients with so many).
        outcomes: (outcome, method, pairs).
        review_reasons: (reason, pairs that wait for a person).
        review_systems: (system, other system, pairs that wait).
        systems: (system, other system, links).
        records_of: {system: person records}.
        decisions: (status, stewards' decisions).
        measured: against the truth, where there is one.
        model: what every comparison was found to be worth.
        reach: what the blocking rules bring together, and what they miss.
    """

    records: int
    patients: int
    as_of: str
    weights: Mapping[int, Mapping[str, int]]
    bucket: int
    thresholds: Mapping[str, float]
    sizes: Sequence[tuple[int, int]]
    outcomes: Sequence[tuple[str, str, int]]
    review_reasons: Sequence[tuple[str, int]]
    review_systems: Sequence[tuple[str, str, int]]
    systems: Sequence[tuple[str, str, int]]
    records_of: Mapping[str, int] = field(default_factory=dict)
    decisions: Sequence[tuple[str, int]] = ()
    measured: Measured | None = None
    model: Model | None = None
    reach: Reach | None = None


def _section(title: str, about: str, body: str, *, wide: bool = False) -> str:
    return (
        f"<section{' class=wide' if wide else ''}><h2>{escape(title)}</h2>"
        f"<p class=about>{escape(about)}</p>{body}</section>"
    )


def _card(figure: str, label: str) -> str:
    return f"<div class=card><b>{escape(figure)}</b><span>{escape(label)}</span></div>"


def _bars(rows: Sequence[tuple[str, int]], color: str = "var(--good)") -> str:
    most = max((n for _, n in rows), default=0) or 1
    lines = "".join(
        f"<tr><th scope=row>{escape(label)}</th><td class=n>{n:,}</td><td class=track>"
        f'<i style="width:{max(100 * n / most, 0.6):.1f}%;background:{color}"></i></td></tr>'
        for label, n in rows
    )
    return f"<table class=bars>{lines}</table>" if rows else "<p class=none>none</p>"


def _weights(data: ReportData) -> str:
    """The histogram of match weights, stacked by outcome, with the thresholds."""
    if not data.weights:
        return "<p class=none>no pair was weighed</p>"
    low, high = min(data.weights), max(data.weights) + data.bucket
    left, top, width, height = 60, 26, 880, 240
    tallest = max(sum(by.values()) for by in data.weights.values())
    x = lambda bits: left + width * (bits - low) / (high - low)  # noqa: E731
    # Counts differ by orders of magnitude, and the doubtful ones are few: the root shows both.
    y = lambda n: height * (n / tallest) ** 0.5  # noqa: E731
    parts = []
    for share in (0.05, 0.25, 0.5, 1.0):
        at = top + height - y(tallest * share)
        parts.append(
            f'<line x1="{left}" x2="{left + width}" y1="{at:.1f}" y2="{at:.1f}" class="grid"/>'
            f'<text x="{left - 8}" y="{at + 4:.1f}" text-anchor="end">{tallest * share:,.0f}</text>'
        )
    for bits, by in sorted(data.weights.items()):
        so_far = 0
        for outcome in _OUTCOMES:
            if n := by.get(outcome, 0):
                bottom, upper = y(so_far), y(so_far + n)
                so_far += n
                parts.append(
                    f'<rect x="{x(bits) + 1:.1f}" y="{top + height - upper:.1f}" '
                    f'width="{max(x(bits + data.bucket) - x(bits) - 2, 1):.1f}" '
                    f'height="{max(upper - bottom, 0.8):.1f}" fill="{_COLORS[outcome]}">'
                    f"<title>{bits} to {bits + data.bucket} bits, {outcome}: {n:,} pairs</title>"
                    "</rect>"
                )
    for bits in range(low - low % 10, high + 1, 10):
        if bits >= low:
            parts.append(
                f'<text x="{x(bits):.1f}" y="{top + height + 18}" text-anchor="middle">'
                f"{f'{bits:+d}' if bits else '0'}</text>"
            )
    for place, (name, bits) in enumerate(data.thresholds.items()):
        if low <= bits <= high:
            anchor, shift = ("end", -5) if place == 0 else ("start", 5)
            parts.append(
                f'<line x1="{x(bits):.1f}" x2="{x(bits):.1f}" y1="6" y2="{top + height}" '
                'class="threshold"/>'
                f'<text x="{x(bits) + shift:.1f}" y="16" text-anchor="{anchor}">'
                f"{escape(name)}</text>"
            )
    parts.append(
        f'<line x1="{left}" x2="{left + width}" y1="{top + height}" y2="{top + height}" '
        'class="axis"/>'
        f'<text x="{left + width}" y="{top + height + 36}" text-anchor="end">'
        "match weight, bits (log2 of the odds); pairs on a square-root scale</text>"
    )
    legend = "".join(
        f'<span><i style="background:{_COLORS[o]}"></i>{o}</span>' for o in reversed(_OUTCOMES)
    )
    return (
        f"<div class=legend>{legend}</div>"
        f'<svg viewBox="0 0 {left + width + 20} {top + height + 46}" role="img" '
        f'aria-label="match weights">{"".join(parts)}</svg>'
    )


def _matrix(data: ReportData) -> str:
    names = sorted({a for a, _, _ in data.systems} | {b for _, b, _ in data.systems}
                   | set(data.records_of))  # fmt: skip
    count: dict[tuple[str, str], int] = {}
    for a, b, n in data.systems:
        count[a, b] = count[b, a] = count.get((a, b), 0) + n
    most = max(count.values(), default=1)

    def cell(a: str, b: str) -> str:
        n = count.get((a, b), 0)
        shade = round(70 * n / most)
        return (
            f'<td class=n style="background:color-mix(in srgb, var(--good) {shade}%, transparent)">'
            f"{f'{n:,}' if n else '·'}</td>"
        )

    head = "".join(f"<th>{escape(name.replace('_', ' '))}</th>" for name in names)
    body = "".join(
        f"<tr><th scope=row>{escape(a.replace('_', ' '))}</th>"
        f"<td class='n own'>{data.records_of.get(a, 0):,}</td>"
        + "".join(cell(a, b) for b in names)
        + "</tr>"
        for a in names
    )
    return (
        f"<table class=matrix><thead><tr><th></th><th>records</th>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )


def _reach(reach: Reach) -> str:
    used = [rule for rule in reach.rules if rule.used]
    rows = "".join(
        f"<tr><th scope=row>{escape(rule.name)}</th><td class=n>{rule.compared:,}</td>"
        f"<td class=n>{rule.found:,}</td><td class=n>{rule.only:,}</td>"
        f"<td class=n>{rule.left_out:,}</td><td class=track>"
        f'<i style="width:{100 * rule.found / max(reach.pairs, 1):.1f}%;background:var(--good)">'
        "</i></td></tr>"
        for rule in sorted(used, key=lambda r: -r.found)
    )
    idle = ", ".join(escape(rule.name) for rule in reach.rules if not rule.used)
    return (
        "<table class=model><thead><tr><th>rule</th><td class=n>pairs compared</td>"
        "<td class=n>of one person</td><td class=n>found by it alone</td>"
        "<td class=n>keys too frequent</td><td></td></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
        + (f"<p class=about>Not needed at this size: {idle}.</p>" if idle else "")
    )


def _model(model: Model) -> str:
    rows = []
    for comparison in model.comparisons:
        for place, level in enumerate(comparison.levels):
            bits = log2(max(level.m, 1e-9) / max(level.u, 1e-9))
            size = min(abs(bits) / 20, 1) * 50
            side = "left:50%" if bits >= 0 else f"left:{50 - size:.1f}%"
            color = "var(--good)" if bits >= 0 else "var(--bad)"
            rows.append(
                f"<tr{' class=first' if place == 0 else ''}>"
                f"<th scope=row>{escape(comparison.name) if place == 0 else ''}</th>"
                f"<td>{escape(level.label)}</td><td class=n>{100 * level.m:.3g} %</td>"
                f"<td class=n>{100 * level.u:.2g} %</td><td class=n>{bits:+.1f}</td>"
                f'<td class="track both"><i style="{side};width:{size:.1f}%;background:{color}">'
                "</i></td></tr>"
            )
    return (
        "<table class=model><thead><tr><th>compared</th><td>found</td><td class=n>of one person"
        "</td><td class=n>of two</td><td class=n>bits</td><td></td></tr></thead><tbody>"
        f"{''.join(rows)}</tbody></table>"
    )


def render(data: ReportData) -> str:
    """The page."""
    linked = sum(n for outcome, _, n in data.outcomes if outcome == "linked")
    review = sum(n for outcome, _, n in data.outcomes if outcome == "review")
    cards = [
        _card(f"{data.records:,}", "person records"),
        _card(f"{data.patients:,}", "patients"),
        _card(f"{linked:,}", "linked pairs"),
        _card(f"{review:,}", "pairs for a person to look at"),
        _card(f"{1000 * review / max(data.records, 1):,.1f}", "of them per 1,000 records"),
    ]
    if data.measured:
        m = data.measured
        cards += [
            _card(f"{m.precision:.5f}", f"precision: {m.false_positive:,} pairs wrong"),
            _card(f"{m.recall:.5f}", f"recall: {m.false_negative:,} pairs missed"),
            _card(f"{m.f1:.5f}", "F1"),
        ]
    merged = [(f"{n} record{'s' if n > 1 else ''}", count) for n, count in data.sizes]
    sections = [
        _section(
            "How sure it is",
            "Every pair that was weighed and kept. What is far to the right is one person, what "
            "lies between the thresholds waits for one.",
            _weights(data),
            wide=True,
        ),
        _section(
            "What became of the pairs",
            "By outcome and by what tied them: a number that two systems share, a declared merge, "
            "a steward, or the model.",
            _bars([(f"{outcome} · {method}", n) for outcome, method, n in data.outcomes]),
        ),
        _section(
            "Person records per patient",
            "Most people are known to several systems. A very large group wants a look.",
            _bars(merged, "var(--plain)"),
        ),
        _section(
            "Review: why",
            "What kept a likely pair from being linked without a person looking.",
            _bars(list(data.review_reasons), "var(--doubt)"),
        ),
        _section(
            "Review: where",
            "The pairs of systems whose records a person has to look at.",
            _bars(
                [
                    (f"{a.replace('_', ' ')} – {b.replace('_', ' ')}", n)
                    for a, b, n in data.review_systems[:12]
                ],
                "var(--doubt)",
            ),
        ),
        _section(
            "Stewards' decisions",
            "What was received in the feed identity/decisions, and what became of it.",
            _bars(list(data.decisions), "var(--plain)"),
            wide=True,
        ),
        _section(
            "Links per pair of systems",
            "How many records of one system are linked to records of the other.",
            _matrix(data),
            wide=True,
        ),
    ]
    if data.reach is not None:
        share = data.reach.missed / max(data.reach.pairs, 1)
        sections.append(
            _section(
                "What is compared, and what that misses",
                f"Of {data.reach.pairs:,} pairs of records of one person "
                f"({'by the truth' if data.measured else 'as linked'}), no rule brings "
                f"{data.reach.missed:,} together ({100 * share:.2f} %); only a third record can "
                "tie these.",
                _reach(data.reach),
                wide=True,
            )
        )
    if data.model is not None:
        sections.append(
            _section(
                "What a comparison is worth",
                "How often each finding occurs among records of one person and of two, estimated "
                f"on these data (one pair in {1 / max(data.model.match_rate, 1e-12):,.0f} is of "
                "one person). Rarer values weigh more than the average shown.",
                _model(data.model),
                wide=True,
            )
        )
    across = 4 if data.measured else 5
    truth = "measured against the truth" if data.measured else "no truth to measure against"
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Identity report</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>
:root {{ --ink: #1d2a2f; --soft: #5d6d74; --line: #dfe6e8; --paper: #fff; --ground: #f4f7f7;
  --good: #2a7f62; --doubt: #d19a2a; --bad: #b3413b; --plain: #3f6f94; }}
@media (prefers-color-scheme: dark) {{ :root {{ --ink: #e4ecee; --soft: #97a8af; --line: #2f3c42;
  --paper: #1a2327; --ground: #12191c; --good: #4fb08e; --doubt: #dcae4d; --bad: #d8736d;
  --plain: #6d9fc6; }} }}
* {{ box-sizing: border-box; }}
body {{ font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; color: var(--ink);
  background: var(--ground); margin: 0; }}
main {{ max-width: 1120px; margin: 0 auto; padding: 2rem 1.25rem 4rem; }}
h1 {{ font-size: 1.7rem; margin: 0; }} h2 {{ font-size: 1.05rem; margin: 0; }}
.about, header p {{ color: var(--soft); margin: .15rem 0 .9rem; }}
.cards {{ display: grid; grid-template-columns: repeat({across}, 1fr); gap: .8rem;
  margin: 1.2rem 0; }}
.card, section {{ background: var(--paper); border: 1px solid var(--line); border-radius: 10px; }}
.card {{ padding: .8rem 1rem; }} .card b {{ display: block; font-size: 1.35rem; }}
.card span {{ color: var(--soft); font-size: .85rem; }}
.grid2 {{ display: grid; grid-template-columns: 1fr 1fr; gap: .8rem; }}
section {{ padding: 1.1rem 1.25rem; overflow-x: auto; }} section.wide {{ grid-column: 1 / -1; }}
@media (max-width: 800px) {{ .grid2 {{ grid-template-columns: 1fr; }}
  .cards {{ grid-template-columns: 1fr 1fr; }} }}
table {{ border-collapse: collapse; width: 100%; font-size: .9rem; }}
th {{ text-align: left; font-weight: 500; }} th, td {{ padding: 3px 8px 3px 0; }}
.n {{ text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }}
.bars th {{ width: 52%; }} .track {{ width: 34%; }}
.track i {{ display: block; height: 11px; border-radius: 3px; }}
.both {{ position: relative; width: 28%; border-left: 0; }}
.both i {{ position: absolute; top: 9px; }}
.matrix th {{ white-space: nowrap; }} .matrix thead th {{ text-align: right; font-size: .8rem; }}
.matrix td {{ padding: 5px 8px; border: 1px solid var(--line); }} .own {{ color: var(--soft); }}
.model thead {{ color: var(--soft); }} .model .first th, .model .first td {{
  border-top: 1px solid var(--line); }}
.none {{ color: var(--soft); }}
svg {{ width: 100%; height: auto; }} svg text {{ fill: var(--soft); font-size: 12px; }}
.grid {{ stroke: var(--line); }} .axis {{ stroke: var(--soft); }}
.threshold {{ stroke: var(--ink); stroke-dasharray: 4 3; }}
.legend span {{ margin-right: 1.1rem; font-size: .85rem; color: var(--soft); }}
.legend i {{ display: inline-block; width: 11px; height: 11px; border-radius: 3px;
  margin-right: .35rem; }}
</style></head><body><main>
<header><h1>Identity report</h1>
<p>Who is who, as of {escape(data.as_of)}; {truth}. Counts only: the page names nobody.</p></header>
<div class="cards">{"".join(cards)}</div>
<div class="grid2">{"".join(sections)}</div>
</main></body></html>
"""
