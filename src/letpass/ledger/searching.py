"""Looking for entries of the ledger: by what they are about, who said or did it, what it came to, and when."""

from __future__ import annotations

from collections.abc import Iterator

from letpass.diagnostics import InvalidError
from letpass.frozen import Frozen
from letpass.ledger.entry import Logged
from letpass.trust import statements, summary

_SAYS = ("signer", "requester")
_DOES = ("actor", "person")


class Wanted(Frozen):
    """Which entries are wanted; what is empty or None asks for nothing.

    person: whoever signed or asked for it, moved it, or whose word a decision names · verdict: of decisions, `allow`, `deny` or
    `undecided` · since, until: when it was logged, in microseconds, both included.
    """

    model: str = ""
    kind: str = ""
    person: str = ""
    verdict: str = ""
    since: int | None = None
    until: int | None = None

    def fits(self, logged: Logged) -> bool:
        """Is an entry one of those; one whose statement does not read has no people and no verdict."""
        entry = logged.entry
        if self.model not in {"", entry.model} or self.kind not in {"", entry.kind}:
            return False
        if (self.since is not None and logged.at < self.since) or (self.until is not None and logged.at > self.until):
            return False
        if not (self.person or self.verdict):
            return True
        # whoever is named stands in the text itself, and most texts need not be read for it
        quick = not self.person or entry.statement or self.person in logged.text
        return bool(quick) and self._said(logged)

    def _said(self, logged: Logged) -> bool:
        found = list(people(logged)) if self.person else []
        if self.person and self.person not in found:
            return False
        return not self.verdict or verdict(logged) == self.verdict


def people(logged: Logged) -> Iterator[str]:
    """Who said or did what an entry is about, and whose words a decision names."""
    yield from (str(logged.entry.data[k]) for k in _DOES if k in logged.entry.data)
    if not logged.entry.statement:
        return
    try:
        said = statements.read("", logged.entry.statement.encode("utf-8"))
        yield from (str(said.predicate[k]) for k in _SAYS if k in said.predicate)
        if logged.entry.kind == "decision":
            yield from (voice.person for voice in summary.read(said).people)
    except InvalidError:
        return


def verdict(logged: Logged) -> str:
    """What a decision came to, nothing of another entry."""
    if logged.entry.kind != "decision" or not logged.entry.statement:
        return ""
    try:
        return summary.read(statements.read("", logged.entry.statement.encode("utf-8"))).verdict
    except InvalidError:
        return ""
