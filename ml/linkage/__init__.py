"""Who is who: person records in, people out.

Here: everything statistical about identity, as pure functions (Arrow in, Arrow out): preparing
records for comparison, finding candidate pairs, the model (Splink 5 on its own in-memory DuckDB),
clusters that one bad edge cannot chain, persistent patient ids, and measuring it all against truth.
Not here: reading feeds or writing tables (dbt does), files and options (``orchestration/cli``).

The model's terms: ``m`` is how often two records of one person show a level of agreement, ``u``
how often two records of two random people do (Fellegi and Sunter 1969, JASA 64:1183), ``h`` how
often two records of two members of one household do. Without the third class relatives, who share
a name, an address and a telephone, look like one person.
"""

from __future__ import annotations

from ml.linkage.clusters import cluster
from ml.linkage.engine import LinkageResult, link
from ml.linkage.errors import LinkageError
from ml.linkage.options import LinkageOptions

__all__ = ["LinkageError", "LinkageOptions", "LinkageResult", "cluster", "link"]
