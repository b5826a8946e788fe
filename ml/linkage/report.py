"""The identity report: one HTML page without any value of a record.

Here: counts and curves of a linkage as HTML. Not here: reading the warehouse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from ml.linkage.measure import Measured

__all__ = ["ReportData", "render"]


@dataclass(frozen=True, slots=True)
class ReportData:
    """What the page shows; every list is (label, count)."""

    records: int
    patients: int
    weights: Sequence[tuple[str, int]]
    sizes: Sequence[tuple[str, int]]
    outcomes: Sequence[tuple[str, int]]
    review_reasons: Sequence[tuple[str, int]]
    systems: Sequence[tuple[str, str, int]]
    measured: Measured | None = None


def _bars(title: str, unit: str, rows: Sequence[tuple[str, int]]) -> str:
    most = max((n for _, n in rows), default=0) or 1
    lines = "".join(
        f'<tr><th scope="row">{escape(str(label))}</th><td class="n">{n:,}</td>'
        f'<td><div class="bar" style="width:{max(100 * n / most, 0.3):.1f}%"></div></td></tr>'
        for label, n in rows
    )
    return (
        f"<section><h2>{escape(title)}</h2><table><thead><tr><th></th>"
        f"<th>{escape(unit)}</th><th class='wide'></th></tr></thead><tbody>"
        f"{lines or '<tr><td>none</td></tr>'}</tbody></table></section>"
    )


def _systems(rows: Sequence[tuple[str, str, int]]) -> str:
    names = sorted({a for a, _, _ in rows} | {b for _, b, _ in rows})
    count = {(a, b): n for a, b, n in rows} | {(b, a): n for a, b, n in rows}
    head = "".join(f"<th>{escape(n)}</th>" for n in names)
    body = "".join(
        f'<tr><th scope="row">{escape(a)}</th>'
        + "".join(f'<td class="n">{count.get((a, b), 0):,}</td>' for b in names)
        + "</tr>"
        for a in names
    )
    return (
        "<section><h2>Links per pair of systems</h2><table><thead><tr><th></th>"
        f"{head}</tr></thead><tbody>{body}</tbody></table></section>"
    )


def render(data: ReportData) -> str:
    """The page."""
    truth = ""
    if data.measured:
        m = data.measured
        truth = (
            "<section><h2>Against the truth</h2><p class='big'>"
            f"precision {m.precision:.5f} · recall {m.recall:.5f} · F1 {m.f1:.5f}</p>"
            f"<p>{m.true_positive:,} pairs found, {m.false_positive:,} wrong, "
            f"{m.false_negative:,} missed.</p></section>"
        )
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Identity report</title><style>
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 960px; margin: 2rem auto; }}
table {{ border-collapse: collapse; width: 100%; }}
th {{ text-align: left; font-weight: 500; padding: 2px 10px 2px 0; white-space: nowrap; }}
td.n {{ text-align: right; padding: 2px 10px; font-variant-numeric: tabular-nums; }}
.wide {{ width: 60%; }} .bar {{ background: #2a7f62; height: 13px; }}
.big {{ font-size: 1.3rem; }}
</style></head><body>
<h1>Identity report</h1>
<p class="big">{data.records:,} person records → {data.patients:,} patients</p>
{truth}
{_bars("Weight of the evidence of linked and doubtful pairs (log2 odds)", "pairs", data.weights)}
{_bars("Outcomes", "pairs", data.outcomes)}
{_bars("Why pairs wait for a person", "pairs", data.review_reasons)}
{_bars("Person records per patient", "patients", data.sizes)}
{_systems(data.systems)}
</body></html>
"""
