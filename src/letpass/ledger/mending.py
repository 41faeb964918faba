"""Times that were wrong, and are mended by entries of the kind `clock`: the log stays, and order goes on from the last good one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from letpass.canonical import digest_bytes
from letpass.diagnostics import InvalidError
from letpass.frozen import Frozen
from letpass.ledger.entry import Logged
from letpass.trust import kinds, rooted, statements, strict
from letpass.trust.chain import Trust
from letpass.trust.signers import Learned

KIND = "clock"


class Mend(Frozen):
    """The correction of the time that an entry bears.  digest: that of its text, nothing where nobody signed it."""

    entry: int
    at: int
    digest: str = ""


def mend(logged: Logged, known: Learned, trust: Trust | None) -> Mend | None:
    """What an entry of the kind `clock` mends; None where it does not count.

    The threshold of the trust file's root signs it.  One that nobody signed counts where the log had no trust file yet.
    """
    try:
        if not logged.entry.statement:
            said = logged.entry.data
            early = all(index > logged.index for _, index in known)
            return Mend(int(said["entry"]), strict.instant(said["at"])) if early else None
        if trust is None:
            return None
        text = logged.entry.statement.encode("utf-8")
        statement = statements.read(f"entry {logged.index}", text, logged.at, logged.index)
        rooted.check(trust, known, statement)
        if statement.type != kinds.CLOCK:
            return None
        return Mend(int(statement.predicate["entry"]), statement.time("at"), statement.artifact)
    except (InvalidError, KeyError, TypeError, ValueError):
        return None


def learned(trusts: Iterable[Logged]) -> Learned:
    """The versions of the trust file that the ledger has, by its entries of that kind."""
    return tuple((str(e.entry.data.get("digest", "")), e.index) for e in trusts)


def times(
    clocks: Sequence[Logged], known: Learned, at: Callable[[int], int], text: Callable[[int], str], trust: Trust | None
) -> dict[int, int]:  # fmt: skip
    """The times of entries that were mended, by their indices.

    An entry with the same time as the one before it got that time because times never decrease, so it is mended with it.
    What would make an entry older than the one before it mends nothing.  `at`, `text`: the time of an entry as it is
    written, and its text.
    """
    found: dict[int, int] = {}
    for each in clocks:
        said = mend(each, known, trust)
        if said is None or not 0 <= said.entry < each.index:
            continue
        same = said.digest in {"", digest_bytes(text(said.entry).encode("utf-8"))}
        before = said.entry - 1
        if same and (before < 0 or found.get(before, at(before)) <= said.at):
            found.update((index, said.at) for index in run(said.entry, each.index, at))
    return found


def proposed(logged: Sequence[Logged], index: int, at: int, now: int) -> dict[int, int]:
    """The times of the entries that a mend of one would change, by their indices; raises `InvalidError` where it would
    mend nothing.  `logged`: all entries, as they are held to be of.
    """
    if not 0 <= index < len(logged):
        raise InvalidError(f"there is no entry {index}")
    found = logged[index]
    if index and logged[index - 1].at == found.at:
        first = next(e.index for e in logged if e.at == found.at)
        raise InvalidError(f"entry {index} bears the time of the entries before it; mend entry {first}")
    before = logged[index - 1].at if index else 0
    mended = run(index, len(logged), lambda i: logged[i].at)
    after = logged[mended.stop].at if mended.stop < len(logged) else now
    if not before <= at <= after:
        raise InvalidError(
            f"entry {index} cannot be of {strict.written(at)}: it stands between {strict.written(before)} and {strict.written(after)}"
        )
    if at == found.at:
        raise InvalidError(f"entry {index} is of {strict.written(at)} already")
    return dict.fromkeys(mended, at)


def run(first: int, end: int, at: Callable[[int], int]) -> range:
    """The entries from one on that bear its time, before an end."""
    last = first + 1
    while last < end and at(last) == at(first):
        last += 1
    return range(first, last)
