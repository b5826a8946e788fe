"""X12 text from plain values: elements in the basic character set, segments, interchanges.

Rules are those of the 005010 implementation guides' appendix B (character set, ISA and GS).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

_KEEP = set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 !\"&'()+,-./;?=")


@lru_cache(maxsize=65536)
def plain(text: str) -> str:
    """Upper case of the basic character set, without accents and delimiters."""
    folded = unicodedata.normalize("NFKD", text).upper()
    return "".join(char for char in folded if char in _KEEP).strip()


def seg(*elements: str) -> str:
    """A segment with its terminator; empty elements at the end are dropped."""
    return "*".join(elements).rstrip("*") + "~"


def money(cents: int) -> str:
    """Decimal without needless zeros (R, 1.B.1.1.3.1.2)."""
    sign = "-" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    if not rest:
        return f"{sign}{whole}"
    return f"{sign}{whole}.{rest:02d}".rstrip("0")


def isa(*, sender: str, receiver: str, moment: datetime, control: int) -> str:
    """Interchange header, fixed width."""
    return (
        f"ISA*00*          *00*          *ZZ*{sender:<15}*ZZ*{receiver:<15}"
        f"*{moment:%y%m%d}*{moment:%H%M}*^*00501*{control:09d}*0*P*:~"
    )


def interchange(
    *,
    sender: str,
    receiver: str,
    functional: str,
    version: str,
    moment: datetime,
    control: int,
    transactions: Iterable[str],
    newline: str = "\n",
) -> str:
    """ISA GS … GE IEA around transaction sets that are already text ending in `newline`."""
    sets = list(transactions)
    head = isa(sender=sender, receiver=receiver, moment=moment, control=control)
    group = seg(
        "GS",
        functional,
        sender,
        receiver,
        f"{moment:%Y%m%d}",
        f"{moment:%H%M}",
        str(control),
        "X",
        version,
    )
    tail = f"GE*{len(sets)}*{control}~{newline}IEA*1*{control:09d}~{newline}"
    return f"{head}{newline}{group}{newline}{''.join(sets)}{tail}"


def transaction(code: str, number: int, version: str, body: list[str], newline: str = "\n") -> str:
    """ST … SE around a body of segments, counted.

    Without a `version` ST03 stays out (the 835's guide has none).
    """
    control = f"{number:04d}"
    lines = [seg("ST", code, control, version), *body]
    lines.append(seg("SE", str(len(lines) + 1), control))
    return newline.join(lines) + newline
