"""What may be set about a linkage, in one place."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["LinkageOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkageOptions:
    """Thresholds and limits of one linkage.

    Attributes:
        link_probability: from here on two records are linked without a person looking.
        review_probability: from here on a pair that is not linked goes to the review queue.
        max_block: blocks with more records than this are not compared with this key (another key
            must bring the pair together); bounds the work on frequent values.
        pairs_per_record: candidate pairs per record at most; the generous blocking rules are
            dropped, last first, until the candidates fit.
        training_pairs: candidate pairs, chosen by hash, on which m is estimated.
        random_pairs: random pairs on which u is estimated.
        authoritative_sources: source systems, assigning authorities, or ``system|authority``, whose
            own record numbers are never merged with each other.
        threads: threads of the private DuckDB.
        memory_limit: its memory limit, in DuckDB's notation.
        spill: the folder for what does not fit; by default that of the system.
    """

    link_probability: float = 0.9
    review_probability: float = 0.30
    max_block: int = 200
    pairs_per_record: float = 40.0
    training_pairs: int = 200_000
    random_pairs: int = 300_000
    authoritative_sources: frozenset[str] = field(default_factory=frozenset)
    threads: int = field(default=2, repr=False)
    memory_limit: str = field(default="3GB", repr=False)
    spill: Path | None = field(default=None, repr=False)
