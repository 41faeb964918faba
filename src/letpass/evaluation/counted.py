"""What became of every statement: the rules for which it counted, or why it counted for none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from letpass.frozen import Frozen
from letpass.trust.accepted import Judged, NotCounted

if TYPE_CHECKING:
    from letpass.evaluation.decision import RuleResult

FOR_RULES = frozenset({"sign-off", "waiver"})
"""The kinds of statements that count for rules; the others count for the move as a whole."""


class Counted(Frozen):
    """A statement, the ids of the rules that count it, and why none does.

    not_counted: the reasons of the rules that leave it out, or that of the statement itself; empty where a rule counts it.
    """

    statement: Judged
    rules: tuple[str, ...] = ()
    not_counted: tuple[NotCounted, ...] = ()

    @property
    def counts(self) -> bool:
        """Was it taken: by a rule, or, where it is for none, for the move."""
        return self.statement.valid and (bool(self.rules) or self.statement.kind not in FOR_RULES)

    @property
    def why(self) -> str:
        """Why it was not taken, in words."""
        if self.statement.why or self.counts:
            return self.statement.why
        words = ", ".join(w.words for w in self.not_counted)
        return f"signed, not counted: {words}" if words else ""


def counted(statements: Iterable[Judged], results: Iterable[RuleResult]) -> tuple[Counted, ...]:
    """Every statement with the rules that count it."""
    taken: dict[str, dict[str, None]] = {}
    left_out: dict[str, dict[NotCounted, None]] = {}
    for result in results:
        if result.waiver is not None:
            for digest in result.waiver.statements:
                taken.setdefault(digest, {})[result.rule.id] = None
        if not result.applicable:
            continue
        for seen in (s for e in (result.test, result.guard) if e is not None for s in e.all_seen()):
            if seen.signoff is not None and seen.why_not is None:
                taken.setdefault(seen.signoff.statement, {})[result.rule.id] = None
            elif seen.signoff is not None and seen.why_not is not None:
                left_out.setdefault(seen.signoff.statement, {})[seen.why_not] = None
    return tuple(_counted(s, tuple(taken.get(s.digest, ())), tuple(left_out.get(s.digest, ()))) for s in statements)


def _counted(statement: Judged, rules: tuple[str, ...], left_out: tuple[NotCounted, ...]) -> Counted:
    if not statement.valid:
        return Counted(statement, (), (statement.not_counted,) if statement.not_counted is not None else ())
    if rules or statement.kind not in FOR_RULES:
        return Counted(statement, rules)
    if statement.kind == "sign-off":
        return Counted(statement, (), left_out or (NotCounted.NOT_ASKED_FOR,))
    return Counted(statement)
