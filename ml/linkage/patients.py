"""Patient ids that stay with the person.

Here: the id of a cluster, and what a record's id was on any day. Not here: who belongs together.

The id of a person is the UUIDv5 of the person record that arrived first. Records that arrive later
never change it; when two groups turn out to be one person the id whose first record is older stays
and the other is superseded; when a group is split, the part with the first record keeps the id.
No state is needed: the recorded order of arrival gives the same ids on every rebuild.

The history replays what is recorded: records by arrival, stewards' decisions by when they were
made. A pair is weighed by what is known of both records today; a correction of a record's details
therefore counts from the day the record first came.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import combinations
from math import log2

import pyarrow as pa

from ml.linkage.clusters import cluster
from ml.linkage.options import LinkageOptions

__all__ = ["NAMESPACE", "Said", "patient_history", "patient_id", "replay"]

#: The namespace of all ids of this house (``macros/ids.sql``).
NAMESPACE = uuid.UUID("f5757a55-28e6-5408-a163-6c9fb5fd9e78")

#: A decision: one record, the other, 'link' or 'do not link', from when.
Said = tuple[str, str, str, datetime]
#: A period: record id, patient id, from, until (None: holds now), by what it ended.
Period = tuple[str, str, datetime, datetime | None, str | None]

# Replaying costs one clustering per event; what engine.py does not cluster pair by pair is not
# replayed pair by pair either.
_MOST_REPLAYED = 150
# A pair that the links do not name is below the review threshold: mildly against.
_UNNAMED = -3.0
# As the engine weighs what a rule forbids, and what a system states.
_CONTRADICTED, _STATED = -8.0, 12.0


def patient_id(record_id: str) -> str:
    """The id of the person whose earliest record is `record_id`."""
    return str(uuid.uuid5(NAMESPACE, f"Patient\x1f{record_id}"))


def replay(
    members: Sequence[str],
    links: Iterable[tuple[str, str]],
    arrived: Mapping[str, datetime],
) -> list[Period]:
    """What each record's patient id was, and when, as the members of one person arrived.

    Args:
        members: the record ids of one person.
        links: the pairs that hold them together; a pair counts from the day its later record came.
        arrived: the arrival of each record.

    Returns:
        One row per record and id; members that no pair connects belong together from the day
        the last of them came.
    """
    at: dict[datetime, list[tuple[str, str]]] = defaultdict(list)
    for a, b in links:
        at[max(arrived[a], arrived[b])].append((a, b))
    last = max(arrived[r] for r in members)
    first = min(members, key=lambda r: (arrived[r], r))
    at[last] += [(first, r) for r in members if r != first]
    group = {r: [r] for r in members}

    def groups(moment: datetime) -> list[list[str]]:
        for a, b in sorted(at[moment]):
            if group[a] is not group[b]:
                joined = group[a] + group[b]
                for r in joined:
                    group[r] = joined
        return list({id(g): g for g in group.values()}.values())

    return _periods(members, arrived, sorted(_arrivals(members, arrived)), groups)


def _arrivals(members: Iterable[str], arrived: Mapping[str, datetime]) -> set[datetime]:
    """The moments at which a member came."""
    return {arrived[r] for r in members}


def _periods(
    members: Sequence[str],
    arrived: Mapping[str, datetime],
    moments: Sequence[datetime],
    groups: Callable[[datetime], list[list[str]]],
) -> list[Period]:
    """The periods of every record's id when `groups` says who was together at each moment.

    Records of a group that have not come yet are left out of it.
    """
    now: dict[str, tuple[str, datetime]] = {}
    history: list[Period] = []
    for moment in moments:
        current: dict[str, str] = {}
        for group in groups(moment):
            here = [r for r in group if arrived[r] <= moment]
            if here:
                chosen = patient_id(min(here, key=lambda r: (arrived[r], r)))
                current |= dict.fromkeys(here, chosen)
        held = set(current.values())
        for r in sorted(current):
            if r in now:
                before, since = now[r]
                if before == current[r]:
                    continue
                if since != moment:
                    # An id that others keep was not merged into another one: the record left it.
                    history.append(
                        (r, before, since, moment, "split" if before in held else "merge")
                    )
            now[r] = (current[r], moment)
    history += [(r, pid, since, None, None) for r, (pid, since) in now.items()]
    return sorted(history, key=lambda row: (row[0], row[2]))


def _replay_doubtful(
    persons: Sequence[Sequence[str]],
    weights: Mapping[tuple[str, str], float],
    barred: set[tuple[str, str]],
    said: Sequence[Said],
    arrived: Mapping[str, datetime],
    threshold: float,
) -> list[Period]:
    """As :func:`replay` for several persons whom evidence or a decision ties to each other.

    At every event the records known by then are clustered by what was decided by then; the last
    event leaves them as they are today.
    """
    members = sorted(r for person in persons for r in person)
    moments = sorted(
        _arrivals(members, arrived) | {max(s[3], arrived[s[0]], arrived[s[1]]) for s in said}
    )

    def groups(moment: datetime) -> list[list[str]]:
        if moment == moments[-1]:
            return [list(person) for person in persons]
        here = [r for r in members if arrived[r] <= moment]
        words: dict[tuple[str, str], str] = {}
        for a, b, word, when in sorted(said, key=lambda s: (s[3], s[2] == "do not link")):
            if when <= moment:
                words[a, b] = word
        edges = {pair: weights.get(pair, _UNNAMED) for pair in combinations(here, 2)}
        never = {pair for pair in barred if arrived[pair[0]] <= moment >= arrived[pair[1]]}
        never |= {pair for pair, word in words.items() if word == "do not link" and pair in edges}
        certain = [pair for pair, word in words.items() if word == "link" and pair in edges]
        return cluster(here, edges, threshold=threshold, forbidden=never, certain=certain)

    return _periods(members, arrived, moments, groups)


def patient_history(
    records: pa.Table,
    links: pa.Table,
    decisions: pa.Table | None = None,
    *,
    options: LinkageOptions | None = None,
) -> pa.Table:
    """The rows of ``patient_id_history``: a record's patient id from one moment until another.

    Args:
        records: ``int_person_records`` (person_record_id, first_received_at).
        links: ``int_person_links``.
        decisions: ``identity_decisions`` (person_record_id_l, person_record_id_r, decision,
            effective_at): those in force and those superseded.
    """
    probability = (options or LinkageOptions()).link_probability
    arrived = _mapping(records, "person_record_id", "first_received_at")
    members: dict[str, list[str]] = defaultdict(list)
    names = ("record_id_l", "record_id_r", "outcome", "patient_id")
    more = ("method", "reason", "match_weight", "match_probability")
    linked: list[tuple[str, str]] = []
    apart: dict[tuple[str, str], bool] = {}
    weights: dict[tuple[str, str], float] = {}
    barred: set[tuple[str, str]] = set()
    for left, right, outcome, patient, method, reason, weight, likely in zip(
        *(links.column(name).to_pylist() for name in names + more), strict=True
    ):
        if outcome == "model":
            continue
        if left == right:
            members[patient].append(left)
            continue
        pair = (min(left, right), max(left, right))
        own = weight if weight is not None else 0.0
        if outcome == "linked":
            linked.append(pair)
            if method not in ("model", "steward"):
                own = max(own, _STATED)
        elif reason == "two records of an authoritative source":
            barred.add(pair)
        elif reason not in ("decided by a steward", "contradicted by other records"):
            own = min(own, _CONTRADICTED)
        # Would the evidence alone have linked the two?
        apart[pair] = outcome != "linked" and own > 0 and (likely or 0.0) >= probability
        weights[pair] = own
    of = {record: patient for patient, rs in members.items() for record in rs}
    said = _said(decisions, of)
    # Persons that a pair ties to each other, though it does not hold today.
    parent = {patient: patient for patient in members}

    def find(patient: str) -> str:
        while parent[patient] != patient:
            parent[patient] = parent[parent[patient]]
            patient = parent[patient]
        return patient

    for a, b in [pair for pair, would in apart.items() if would] + [(s[0], s[1]) for s in said]:
        x, y = find(of[a]), find(of[b])
        parent[max(x, y)] = min(x, y)
    families: dict[str, list[str]] = defaultdict(list)
    for patient in sorted(members):
        families[find(patient)].append(patient)
    said_of: dict[str, list[Said]] = defaultdict(list)
    for one in said:
        said_of[find(of[one[0]])].append(one)
    links_of: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for pair in linked:
        links_of[of[pair[0]]].append(pair)
    weights_of: dict[str, dict[tuple[str, str], float]] = defaultdict(dict)
    for pair, own in weights.items():
        family = find(of[pair[0]])
        if family == find(of[pair[1]]) and (len(families[family]) > 1 or said_of[family]):
            weights_of[family][pair] = own
    rows: list[Period] = []
    for family, patients in families.items():
        size = sum(len(members[patient]) for patient in patients)
        if (len(patients) > 1 or said_of[family]) and size <= _MOST_REPLAYED:
            rows += _replay_doubtful(
                [members[patient] for patient in patients],
                weights_of[family],
                {pair for pair in barred if pair in weights_of[family]},
                said_of[family],
                arrived,
                threshold=_log_odds(probability),
            )
        else:
            for patient in patients:
                rows += replay(members[patient], links_of[patient], arrived)
    rows.sort(key=lambda row: (row[0], row[2]))
    return pa.table(
        {
            "person_record_id": pa.array([r[0] for r in rows], pa.string()),
            "patient_id": pa.array([r[1] for r in rows], pa.string()),
            "valid_from": pa.array([r[2] for r in rows], pa.timestamp("us")),
            "valid_until": pa.array([r[3] for r in rows], pa.timestamp("us")),
            "ended_by": pa.array([r[4] for r in rows], pa.string()),
            "superseded_by": pa.array(
                [None if r[3] is None else of[r[0]] for r in rows], pa.string()
            ),
        }
    )


def _mapping(table: pa.Table, key: str, value: str) -> dict:
    return dict(zip(table.column(key).to_pylist(), table.column(value).to_pylist(), strict=True))


def _said(decisions: pa.Table | None, known: Mapping[str, str]) -> list[Said]:
    if decisions is None:
        return []
    names = ("person_record_id_l", "person_record_id_r", "decision", "effective_at")
    return sorted(
        (min(a, b), max(a, b), word, when)
        for a, b, word, when in zip(*(decisions.column(n).to_pylist() for n in names), strict=True)
        if a in known and b in known
    )


def _log_odds(probability: float) -> float:
    return log2(probability / (1 - probability))
