"""Patient ids that stay with the person.

Here: the id of a cluster, and what a record's id was on any day. Not here: who belongs together.

The id of a person is the UUIDv5 of the person record that arrived first. Records that arrive later
never change it; when two groups turn out to be one person the id whose first record is older stays
and the other is superseded; when a group is split, the part with the first record keeps the id.
No state is needed: the recorded order of arrival gives the same ids on every rebuild.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

__all__ = ["NAMESPACE", "patient_id", "replay"]

#: The namespace of all ids of this house (``macros/ids.sql``).
NAMESPACE = uuid.UUID("f5757a55-28e6-5408-a163-6c9fb5fd9e78")


def patient_id(record_id: str) -> str:
    """The id of the person whose earliest record is `record_id`."""
    return str(uuid.uuid5(NAMESPACE, f"Patient\x1f{record_id}"))


def replay(
    members: Sequence[str],
    links: Iterable[tuple[str, str]],
    arrived: Mapping[str, datetime],
) -> list[tuple[str, str, datetime, datetime | None]]:
    """What each record's patient id was, and when, as the members of one person arrived.

    Args:
        members: the record ids of one person.
        links: the pairs that hold them together; a pair counts from the day its later record came.
        arrived: the arrival of each record.

    Returns:
        (record id, patient id, from, until); until is None for what holds now. Members that no
        pair connects belong together from the day the last of them came.
    """
    order = {r: (arrived[r], r) for r in members}
    by_age = sorted(members, key=order.__getitem__)
    at: dict[datetime, list[tuple[str, str]]] = defaultdict(list)
    for a, b in links:
        at[max(arrived[a], arrived[b])].append((a, b))
    last = max(arrived[r] for r in members)
    at[last] += [(by_age[0], r) for r in by_age[1:]]
    coming: dict[datetime, list[str]] = defaultdict(list)
    for r in by_age:
        coming[arrived[r]].append(r)
    group: dict[str, list[str]] = {}
    now: dict[str, tuple[str, datetime]] = {}
    history: list[tuple[str, str, datetime, datetime | None]] = []
    for moment in sorted(set(coming) | set(at)):
        for r in coming[moment]:
            group[r] = [r]
        changed: set[str] = set(coming[moment])
        for a, b in sorted(at[moment]):
            if group[a] is group[b]:
                continue
            joined = group[a] + group[b]
            changed.update(joined)
            for r in joined:
                group[r] = joined
        for r in sorted(changed):
            current = patient_id(min(group[r], key=order.__getitem__))
            if r in now:
                before, since = now[r]
                if before == current:
                    continue
                if since != moment:
                    history.append((r, before, since, moment))
            now[r] = (current, moment)
    history += [(r, pid, since, None) for r, (pid, since) in now.items()]
    return sorted(history, key=lambda row: (row[0], row[2]))
