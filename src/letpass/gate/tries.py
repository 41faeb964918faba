"""How many candidates of a model were measured on a data set, by the ledger: the best of many looks good by chance."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from math import inf
from typing import Any

from letpass.diagnostics import InvalidError
from letpass.evaluation.decision import governing
from letpass.facts.record import Record
from letpass.frozen import replace
from letpass.language import typed
from letpass.language.rules import Policy
from letpass.language.typed import walk
from letpass.ledger.history import DONE
from letpass.ledger.model_log import Past
from letpass.move import REVIEW, Move
from letpass.trust import begun, shapes, statements

MOST = 100
"""Data sets of one record that are told of in its decision; where there are more, it counts for every one."""
ANY = "*"
"""The name that stands for all that are not told of, and for one that is not named: it may be any."""
Data = tuple[str, str]
"""The name and the digest of a data set, the second nothing where it has none."""


def are_asked(policies: tuple[Policy, ...], move: Move) -> bool:
    """Does any rule that governs a move correct for the number of tries."""
    return any(
        isinstance(node, typed.Comparison) and node.tries is not None
        for policy in governing(policies, move)
        for condition in (policy.applies, *[c for rule in policy.rules for c in (rule.test, rule.guard)])
        if condition is not None
        for node in walk(condition)
    )


def data_of(record: Record) -> tuple[Data, ...]:
    """The data sets that a record's metrics were measured on, each once, in the order of their names."""
    found = {
        _data(piece) if _data(piece) != ("", "") or "tries" not in piece else (ANY, "")
        for (section, _), pieces in record.measures.items() if section == "metrics" for piece in pieces
    }  # fmt: skip
    names = sorted(found - {("", "")})
    return tuple(names) if len(names) <= MOST else (*names[:MOST], (ANY, ""))


def counted(
    past: Past, move: Move, digests: Collection[str], own_data: Iterable[Data] = (), version: str = ""
) -> tuple[tuple[str, str, int], ...]:
    """How many candidates of the model were measured on each data set that the ledger knows, and on the version's own, this one
    counted too.

    A candidate is an artifact that was judged, or for which a run began, whether or not it ended, since a version that had
    not been there before came by a decision where the move leads.  Of a version that is there only those before it came count: it
    was chosen among these, whatever is tried while it serves.  digests: all that are known of this version's own bytes · own_data: what it
    was measured on, which may be several data sets of the ledger, one as well as another: then the tries of all of them count.
    """
    same, (since, until) = _Same(past.same), _span(past, move, version, digests)
    measured = [(same.of(bytes_), on) for index, bytes_, on in _measured(past) if since < index <= until]
    own, found = same.of(digests) or same.of([_named(version)]), []
    for data in sorted({data for _, on in measured for data in on}.union(own_data if measured else ())):
        others = {one for one, on in measured if one != own and any(is_same(data, each) for each in on)}
        found.append((*data, len(others) + 1))
    return tuple(found)


def with_tries(record: Record, tries: Iterable[tuple[str, str, int]]) -> Record:
    """A record whose metrics say no fewer tries than the ledger has counted; one that says none still says none."""
    known = tuple(tries)
    if not known:
        return record
    measures = {
        slot: tuple([_at_least(piece, known) for piece in pieces]) if slot[0] == "metrics" else pieces
        for slot, pieces in record.measures.items()
    }
    return replace(record, measures=measures)


def is_same(one: Data, other: Data) -> bool:
    """May two be the same data set: by their digests, or by their names where one has none."""
    one, other = (one[0], plain(one[1])), (other[0], plain(other[1]))
    if ANY in {one[0], other[0]} or ("", "") in {one, other}:
        return True
    return one[1] == other[1] if one[1] and other[1] else bool(one[0]) and one[0] == other[0]


def _at_least(piece: Any, known: tuple[tuple[str, str, int], ...]) -> Any:
    said, data = piece.get("tries"), _data(piece)
    if type(said) is not float:  # as every number of a record is read
        return piece
    same = (count for name, digest, count in known if data == ("", "") or is_same(data, (name, digest)))
    count = max(same, default=0)
    return {**piece, "tries": float(count)} if said < count else piece


def _data(piece: Any) -> Data:
    """The data set that a metric was measured on, as far as it can be read."""
    name, digest = piece.get("data_set"), piece.get("data_digest")
    return name if isinstance(name, str) else "", plain(digest)


def plain(digest: object) -> str:
    """The digest of a data set in the one way in which it is compared; nothing where it is none, so that a name is all that tells."""
    found = digest.strip().lower() if isinstance(digest, str) else ""
    return found if shapes.is_digest(found) else ""


def _measured(past: Past) -> Iterator[tuple[int, tuple[str, ...], tuple[Data, ...]]]:
    """What was measured of the model: the entry that shows it, what is known of the bytes, and the data sets."""
    for index, made in past.decisions.items():
        # of one without bytes its version is all that tells it from others
        yield index, (made.artifact, *made.computed) if made.artifact else (_named(made.version),), made.data
    for logged in past.of_kind("begin"):
        try:
            said = statements.read("", logged.entry.statement.encode("utf-8"))
        except InvalidError:
            continue
        slots = begun.slots_in(said.predicate)
        yield (
            logged.index,
            (said.artifact,),
            tuple((s.data_set, s.data_digest) for s in slots if s.section == "metrics"),
        )


def _named(version: str) -> str:
    """What stands for the bytes of a version of which none are known."""
    return f"version {version}"


class _Same:
    """Digests that are of the same bytes, each by one of them."""

    def __init__(self, groups: Iterable[Collection[str]]) -> None:
        self._first: dict[str, str] = {}
        for group in groups:
            roots = sorted({self._root(digest) for digest in group})
            for root in roots[1:]:
                self._first[root] = roots[0]

    def of(self, digests: Iterable[str]) -> str:
        """The one that stands for bytes of which these are known; nothing where none is."""
        return min((self._root(d) for d in digests if d), default="")

    def _root(self, digest: str) -> str:
        found = digest.lower()
        while (above := self._first.get(found)) is not None:
            found = above
        return found


def _span(past: Past, move: Move, version: str, digests: Collection[str]) -> tuple[int, float]:
    """The entries between which candidates were tried: from that by which a version came last, by a decision, where a move leads,
    that had not been there before (-1: none did); of a version that is there, with these bytes, up to that by which it came first."""
    stay = past.staying.open.get(version)
    came = stay.step if stay is not None and stay.step.decision is not None else None
    stage = came.stage if move == REVIEW and came is not None else move.stage
    there = came is not None and came.stage == stage and came.artifact in past.names_of(digests)
    been, found = set[tuple[str, str]](), -1
    for step in past.steps:
        if step.state == DONE and step.stage == stage and step.kind in {"promotion", "rollback"}:
            if there and came is not None and (step.version, step.artifact) == (version, came.artifact):
                return found, step.index
            if step.decision is not None and (step.version, step.artifact) not in been:
                found = step.index
            been.add((step.version, step.artifact))
    return found, inf
