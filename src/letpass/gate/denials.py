"""Reviews of a version that were denied, until a later allow mends them or the owners of the policies lift them."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from letpass.ledger import history, in_effect
from letpass.ledger.model_log import Past
from letpass.move import REVIEW, Move
from letpass.trust import statements
from letpass.trust.chain import Trust
from letpass.trust.summary import Summary


def unmended(past: Past, version: str, moves: Collection[Move] | None = None) -> Iterator[tuple[int, Summary]]:
    """The reviews of a version that were denied, and that no later allow in the ledger mends, and their entries.

    moves: of which an allow mends one; None: of every move.
    """
    decided = past.of(version)
    for index, no in past.reviewed(version):
        later = (a for entry, a in decided if entry > index and a.passed and (moves is None or a.move in moves))
        if not any(history.mends(a.evidence, no, a.policies, again=a.move == REVIEW) for a in later):
            yield index, no


def digest(past: Past, entry: int) -> str:
    """That of the statement of a decision, by which a lift names it."""
    return statements.read("", past.entry(entry).entry.statement.encode("utf-8")).digest


def lifted(trust: Trust | None, past: Past, entry: int, without: Collection[str] | None, now: int) -> bool:
    """Have the owners lifted a denial.  `without`: who lifts nothing from its version; None: nobody does."""
    return in_effect.lifted(trust, past, digest(past, entry), without, now)
